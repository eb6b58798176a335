import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GraphQLError } from 'graphql';
import {
  badUserInput,
  CLIENT_ERROR_CODES,
  GatewayError,
  UPSTREAM_ERROR_CODES,
} from '../../../src/core/errors.ts';
import { createErrorMapping } from '../../../src/graphql/error-mapping.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';

const MASKED = 'The gateway failed to answer; its log holds the cause.';

/** An error as Apollo hands it over: in a GraphQLError with path, rendered before. */
function map(thrown: unknown, code = 'INTERNAL_SERVER_ERROR') {
  const log = createRecordingLogger();
  const error =
    thrown instanceof Error
      ? new GraphQLError(thrown.message, { originalError: thrown, path: ['certificates'] })
      : (thrown as GraphQLError);
  const formatted = {
    message: 'as it was',
    path: ['certificates'],
    extensions: { code, stacktrace: ['at secret'] },
  };
  return { answer: createErrorMapping(log).formatError(formatted, error), lines: log.lines };
}

describe('the error mapping', () => {
  it('shows our errors that are the caller’s business, with argument, rule and value', () => {
    const { answer, lines } = map(badUserInput('first', 'be positive', -1));
    assert.deepEqual(answer.extensions, {
      code: 'BAD_USER_INPUT',
      argument: 'first',
      rule: 'be positive',
      value: '-1',
    });
    assert.deepEqual(lines, []);
  });

  it('shows every client code and nothing that was not set', () => {
    for (const code of CLIENT_ERROR_CODES) {
      assert.deepEqual(map(new GatewayError(code, 'message')).answer.extensions, { code });
    }
  });

  it('masks and logs every other error, with its path', () => {
    const causes = [
      new Error('secret'),
      new TypeError('secret'),
      ...UPSTREAM_ERROR_CODES.map((code) => new GatewayError(code, 'secret')),
      new GatewayError('INVARIANT_VIOLATED', 'secret'),
    ];
    for (const cause of causes) {
      const { answer, lines } = map(cause);
      assert.deepEqual(answer, {
        message: MASKED,
        path: ['certificates'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      });
      assert.equal(lines.length, 1);
      assert.deepEqual(lines[0]?.fields, { path: ['certificates'], err: cause });
    }
  });

  it('masks what is no error at all', () => {
    for (const thrown of [null, undefined, 'text', 7]) {
      assert.equal(map(thrown).answer.message, MASKED);
    }
  });

  it('masks what graphql-js says of our answers, and shows what it says of arguments', () => {
    const ofOurs = new GraphQLError('Cannot return null for non-nullable field Certificate.thumbprint.');
    assert.equal(map(ofOurs).answer.message, MASKED);
    for (const [message, argument, rule, value] of [
      ['Argument "first" has invalid value x.', 'first', 'be a value of its type', 'x'],
      ['Variable "$a" of required type "Int!" was not provided.', 'a', 'be given', 'undefined'],
    ] as const) {
      for (const code of ['INTERNAL_SERVER_ERROR', 'BAD_USER_INPUT']) {
        const { answer } = map(new GraphQLError(message), code);
        assert.equal(answer.message, message);
        assert.deepEqual(answer.extensions, { code: 'BAD_USER_INPUT', argument, rule, value });
      }
    }
  });

  it('takes a refusal of the whole request, by a 4xx without a code, for the caller’s fault', () => {
    const formatted = { message: 'No.', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
    const log = createRecordingLogger();
    const mapping = createErrorMapping(log);
    const answer = (status: number, path?: readonly string[]) =>
      mapping.formatError(
        formatted,
        new GraphQLError('No.', { extensions: { http: { status } }, path: path ?? null }),
      );
    for (const status of [400, 405, 499]) {
      assert.deepEqual(answer(status), { message: 'No.', extensions: { code: 'BAD_REQUEST' } });
    }
    assert.deepEqual(log.lines, []);
    assert.equal(answer(500).message, MASKED);
    assert.equal(answer(200).message, MASKED);
    assert.equal(answer(400, ['certificates']).message, MASKED);
  });

  it('takes what stops graphql-js while it reads variables for the caller’s fault', () => {
    const log = createRecordingLogger();
    const mapping = createErrorMapping(log);
    const error = new RangeError('Maximum call stack size exceeded');
    const formatted = { message: error.message, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
    assert.equal(mapping.formatError(formatted, error).message, MASKED);
    assert.equal(log.lines.length, 1);
    mapping.noteRequest([error], { requestId: 'r-7', log });
    assert.deepEqual(mapping.formatError(formatted, error), {
      message: 'variables must nest no deeper than their types need, but got: "values too deep to be read".',
      extensions: {
        code: 'BAD_USER_INPUT',
        argument: 'variables',
        rule: 'nest no deeper than their types need',
        value: '"values too deep to be read"',
      },
    });
    assert.equal(log.lines.length, 1);
  });

  it('does not take the words of our own errors for those of graphql-js', () => {
    assert.equal(map(new Error('Argument "secret" of ours')).answer.message, MASKED);
  });

  it('writes to the log of the request, and survives a log that fails', () => {
    const log = createRecordingLogger();
    const mapping = createErrorMapping({
      ...log,
      error: () => {
        throw new Error('the log is gone');
      },
    });
    const error = new GraphQLError('x', { originalError: new Error('secret') });
    const formatted = { message: 'x', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
    assert.equal(mapping.formatError(formatted, error).message, MASKED);
    mapping.noteRequest([error], { requestId: 'r-7', log });
    assert.equal(
      mapping.formatError(formatted, error).message,
      'The gateway failed to answer; its log holds the cause under request id r-7.',
    );
    // The log of a request says by itself whose it is.
    assert.deepEqual(Object.keys(log.lines[0]?.fields ?? {}), ['path', 'err']);
  });
});
