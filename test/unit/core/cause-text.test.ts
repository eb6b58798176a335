import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCauseText } from '../../../src/core/cause-text.ts';

test('tells the chain of causes with their codes, and nothing else that hangs on them', () => {
  const parser = Object.assign(new Error('Invalid character'), {
    code: 'HPE_INVALID_CHUNK_SIZE',
    data: 'ZZ","refresh_token":"0.AX-opaque"',
  });
  const several = new AggregateError([new Error('the first of two'), new Error('the second')], 'both failed');
  const text = toCauseText(new Error('broke off', { cause: parser }));
  assert.match(
    text,
    /^Error: broke off\n.*\ncaused by Error: Invalid character\n.* \(HPE_INVALID_CHUNK_SIZE\)$/s,
  );
  assert.doesNotMatch(text, /opaque|data/);
  assert.match(toCauseText(several), /both failed.*caused by Error: the first of two/s);
  assert.equal(toCauseText('GET https://h/f?sig=secret failed'), 'GET https://h/f?[redacted] failed');
  assert.equal(toCauseText({ access_token: 'opaque' }), "{ access_token: '[redacted]' }");
  assert.equal(toCauseText('x'.repeat(9_000)).length, 8_000);
});
