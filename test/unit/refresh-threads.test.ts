import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createForwardingLogger, type RefreshNotice } from '../../src/refresh-threads.ts';

test('forwards log lines without their secrets, whatever stands beside them', () => {
  const notices: RefreshNotice[] = [];
  const log = createForwardingLogger((notice) => notices.push(notice));
  const error = new Error('GET https://h/f?sig=secret1');
  log.warn(
    { reason: 'No backend for "https://h/x?sig=secret2"', nested: { samples: ['sig=secret3"'] }, error },
    'x',
  );
  const [notice] = notices;
  assert.ok(notice?.kind === 'log');
  assert.doesNotMatch(JSON.stringify(notice), /secret/);
  assert.equal(notice.fields.reason, 'No backend for "https://h/x?[redacted]"');
  assert.deepEqual(notice.fields.nested, { samples: ['sig=[redacted]"'] });
});
