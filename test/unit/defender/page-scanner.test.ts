import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPageScanner } from '../../../src/defender/page-scanner.ts';
import { chunksOf, createTextReader } from '../../support/defender-fixtures.ts';

function scan(body: string, chunk = 1_000_000) {
  const { reader, records } = createTextReader();
  const scanner = createPageScanner(reader, {
    maximumRecordBytes: 1_000,
    tooLong: () => new RangeError('too long'),
  });
  let isHopeful = true;
  for (const piece of chunksOf(Buffer.from(body), [chunk])) isHopeful = scanner.write(piece);
  return { records, isHopeful, outcome: scanner.end() };
}

describe('page scanner', () => {
  for (const chunk of [1, 2, 5, 1_000]) {
    describe(`with chunks of ${chunk}`, () => {
      it('hands on the records and reads the link, wherever it stands', () => {
        const expected = {
          records: ['{"a":"]}"}', '{"b":[1]}'],
          isHopeful: true,
          outcome: { kind: 'PAGE', nextLink: 'https://x/?t=1' },
        };
        const value = '"value":[ {"a":"]}"} , {"b":[1]} ]';
        const link = '"@odata.nextLink":"https://x/?t=1"';
        assert.deepEqual(scan(`{"@odata.context":"c",${value},${link}}`, chunk), expected);
        assert.deepEqual(scan(`{${link},${value}}`, chunk), expected);
        assert.deepEqual(
          scan(`\ufeff{ "@OData.NextLink" : "https://x/?t=1" , "Value" : [{"a":"]}"},{"b":[1]}] }\n`, chunk),
          expected,
        );
      });

      it('is not led astray by a nested "value", a value that is text, or brackets in strings', () => {
        const page =
          '{"x":{"value":[{"no":1}]},"y":"value","z":["value",[{"no":2}]],"s":"\\"value\\":[","value":[{"a":1}]}';
        assert.deepEqual(scan(page, chunk).records, ['{"a":1}']);
      });

      it('takes an empty page and an empty link for the last one', () => {
        assert.deepEqual(scan('{"value":[],"@odata.nextLink":""}', chunk).outcome, {
          kind: 'PAGE',
          nextLink: null,
        });
        assert.deepEqual(scan('{"value":[]}', chunk).outcome, { kind: 'PAGE', nextLink: null });
      });

      it('takes the link of OData 4.01, which has no prefix, and no other member for it', () => {
        assert.deepEqual(scan('{"value":[],"@nextLink":"/x"}', chunk).outcome, {
          kind: 'PAGE',
          nextLink: '/x',
        });
        assert.deepEqual(scan('{"value":[],"@odata.deltaLink":"/x"}', chunk).outcome, {
          kind: 'PAGE',
          nextLink: null,
        });
      });

      it('reports an error object', () => {
        const body = { error: { code: 'InternalServerError', message: '' } };
        assert.deepEqual(scan(JSON.stringify(body), chunk).outcome, { kind: 'ERROR', error: body });
      });

      it('reports every other body as malformed', () => {
        for (const [body, problem] of [
          ['', 'is empty'],
          ['<html><body>Bad gateway</body></html>', 'is HTML or XML'],
          ['{"value":[{"a":1},{"b"', 'is cut off or not JSON'],
          ['{"value":[{"a":1}]', 'is cut off or not JSON'],
          ['{"value":[{"a":1}],"@odata.nextLink":"https:', 'is cut off or not JSON'],
          ['[{"a":1}]', 'is not an object'],
          ['{"@odata.context":"c"}', 'has no "value" array'],
          ['{"value":null}', 'has no "value" array'],
          ['{"valu\\u0065":[{"a":1}]}', 'spells the key "value" with escapes'],
          ['{"value":[],"@odata.nextLink":7}', 'has an "@odata.nextLink" that is no text'],
        ] as const) {
          const { outcome } = scan(body, chunk);
          assert.equal(outcome.kind === 'MALFORMED' ? outcome.problem : outcome.kind, problem, body);
        }
      });
    });
  }

  it('does not hold what is not records past a mebibyte', () => {
    const { outcome, isHopeful } = scan(`{"x":"${'y'.repeat(2_000_000)}","value":[]}`);
    assert.deepEqual(
      outcome.kind === 'MALFORMED' && outcome.problem,
      'has more than a mebibyte beside its records',
    );
    assert.equal(isHopeful, false);
  });

  it('refuses a record of more than the limit', () => {
    assert.throws(() => scan(`{"value":[{"a":"${'x'.repeat(2_000)}"}]}`, 100), RangeError);
  });
});
