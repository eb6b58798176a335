import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  badUserInput,
  CLIENT_ERROR_CODES,
  findGatewayError,
  GatewayError,
  invariant,
  printValue,
  SERVICE_ERROR_CODES,
  UPSTREAM_ERROR_CODES,
} from '../../../src/core/errors.ts';

describe('GatewayError', () => {
  it('carries what it is given, and is not retryable unless somebody says so', () => {
    const cause = new Error('inner');
    const error = new GatewayError('UPSTREAM_RATE_LIMITED', 'message', {
      cause,
      retryable: true,
      retryAtMs: 5,
    });
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.code, error.message, error.cause, error.retryable, error.retryAtMs],
      ['GatewayError', 'UPSTREAM_RATE_LIMITED', 'message', cause, true, 5],
    );
    const plain = new GatewayError('STORE_CORRUPT', 'message');
    assert.deepEqual([plain.retryable, plain.retryAtMs, plain.argument], [false, undefined, undefined]);
    assert.equal('cause' in plain, false);
  });

  it('has codes that are all different', () => {
    const codes = [...CLIENT_ERROR_CODES, ...UPSTREAM_ERROR_CODES, ...SERVICE_ERROR_CODES];
    assert.equal(new Set(codes).size, codes.length);
    for (const code of codes) assert.match(code, /^[A-Z]+(?:_[A-Z]+)*$/);
  });
});

describe('badUserInput', () => {
  it('names argument, rule and value', () => {
    const error = badUserInput('filter.keySize.gt', 'be a whole number', 'abc');
    assert.equal(error.code, 'BAD_USER_INPUT');
    assert.equal(error.message, 'filter.keySize.gt must be a whole number, but got: "abc".');
    assert.deepEqual(
      [error.argument, error.rule, error.value],
      ['filter.keySize.gt', 'be a whole number', '"abc"'],
    );
  });
  it('bounds the value', () => {
    const error = badUserInput('after', 'be a cursor', 'x'.repeat(10_000));
    assert.equal(String(error.value).length, 100);
    assert.ok(error.message.length < 200);
  });
});

describe('invariant', () => {
  it('throws INVARIANT_VIOLATED for anything falsy, and nothing else', () => {
    assert.throws(() => invariant(0, 'zero'), { code: 'INVARIANT_VIOLATED', message: 'zero' });
    assert.throws(() => invariant('', 'empty'), { code: 'INVARIANT_VIOLATED' });
    invariant([], 'an empty list is something');
  });
});

describe('printValue', () => {
  it('prints any value as text', () => {
    const printed = [undefined, null, 'a"b', 5, [1, { a: 2 }], () => 1].map((value) => printValue(value));
    assert.deepEqual(printed, ['undefined', 'null', '"a\\"b"', '5', '[1,{"a":2}]', '() => 1']);
  });
  it('cuts what is longer than the limit, and says so', () => {
    assert.equal(printValue('abcdefgh', 10), '"abcdefgh"');
    assert.equal(printValue('abcdefghi', 10), '"abcdefgh…');
  });
});

describe('findGatewayError', () => {
  it('finds ours, and survives whatever was thrown', () => {
    const error = new GatewayError('INTERNAL_SERVER_ERROR', 'message');
    assert.equal(findGatewayError(error), error);
    for (const thrown of [new Error('other'), 'text', null, undefined, 5, Object.create(null)]) {
      assert.equal(findGatewayError(thrown), undefined);
    }
  });
});
