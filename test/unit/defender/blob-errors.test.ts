import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPendingCopy, toBlobError } from '../../../src/defender/blob-errors.ts';

const EXPIRED = `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.
RequestId:7d9e6f0e-0000
Time:2025-11-04T10:00:00Z</Message><AuthenticationErrorDetail>Signature not valid in the specified key time frame: Key start [Tue, 04 Nov 2025 08:00:00 GMT] - Key expiry [Tue, 04 Nov 2025 09:00:00 GMT] -
 Current [Tue, 04 Nov 2025 10:00:00 GMT]</AuthenticationErrorDetail></Error>`;

const EARLY = EXPIRED.replace(
  'Current [Tue, 04 Nov 2025 10:00:00 GMT]',
  'Current [Tue, 04 Nov 2025 07:58:30 GMT]',
);

function refuse(status: number, body = '', retryAfter?: string, validFromMs: number | null = null) {
  return toBlobError({
    status,
    subject: 'the export file part-0.json.gz at host',
    retryAfter,
    body,
    validFromMs,
    nowMs: 0,
  });
}

describe('refusals of the blob store', () => {
  for (const [status, body, code, retryable, message] of [
    [
      403,
      EXPIRED,
      'UPSTREAM_FILE_FORBIDDEN',
      true,
      "The export file part-0.json.gz at host was refused (403 AuthenticationFailed: Signature not valid in the specified key time frame: Key start [Tue, 04 Nov 2025 08:00:00 GMT] - Key expiry [Tue, 04 Nov 2025 09:00:00 GMT] - Current [Tue, 04 Nov 2025 10:00:00 GMT]). Its URL has expired or is not valid yet: the next refresh asks for new ones. If it keeps happening, raise EXPORT_SAS_VALID_HOURS and check this machine's clock.",
    ],
    [
      404,
      '<Error><Code>BlobNotFound</Code></Error>',
      'UPSTREAM_NOT_FOUND',
      true,
      'The export file part-0.json.gz at host is gone (404 BlobNotFound): the export was cleaned up. The next refresh asks for new files.',
    ],
    [
      412,
      '<Error><Code>ConditionNotMet</Code></Error>',
      'UPSTREAM_FILE_CORRUPT',
      true,
      'The export file part-0.json.gz at host changed while it was read (412 ConditionNotMet). The next refresh reads it anew.',
    ],
    [
      416,
      '',
      'UPSTREAM_FILE_CORRUPT',
      true,
      'The export file part-0.json.gz at host changed while it was read (416). The next refresh reads it anew.',
    ],
    [
      503,
      '<Error><Code>ServerBusy</Code></Error>',
      'UPSTREAM_UNAVAILABLE',
      true,
      'The export file part-0.json.gz at host could not be served (503 ServerBusy). Nothing to do here; it is tried again later.',
    ],
    [
      408,
      '',
      'UPSTREAM_UNAVAILABLE',
      true,
      'The export file part-0.json.gz at host could not be served (408). Nothing to do here; it is tried again later.',
    ],
    [
      307,
      '',
      'UPSTREAM_INVALID_RESPONSE',
      false,
      'The export file part-0.json.gz at host answered with a redirect (307), which is not followed. Check DEFENDER_DOWNLOAD_HOSTS and the proxy.',
    ],
    [
      409,
      '',
      'UPSTREAM_INVALID_RESPONSE',
      false,
      'The export file part-0.json.gz at host answered with the unexpected status 409.',
    ],
  ] as const) {
    it(`says what to do about ${status}`, () => {
      const error = refuse(status, body);
      assert.deepEqual([error.code, error.retryable, error.message], [code, retryable, message]);
    });
  }

  it('says by when an address will be valid that is not yet, by the clock of the store', () => {
    const error = refuse(403, EARLY);
    assert.deepEqual(
      [error.code, error.retryable, error.retryAtMs],
      ['UPSTREAM_FILE_FORBIDDEN', true, 90_000],
    );
    assert.match(error.message, /07:58:30 GMT\]\)\. Its URL is not valid yet.*check this machine's clock\.$/);
    assert.equal(refuse(403, EARLY, undefined, 5_000).retryAtMs, 90_000);
  });

  it('believes the address itself when the store does not say', () => {
    assert.equal(refuse(403, '', undefined, 5_000).retryAtMs, 5_000);
    assert.equal(refuse(403, '', undefined, -5_000).retryAtMs, undefined);
    assert.equal(refuse(403, EXPIRED, undefined, 5_000).retryAtMs, undefined);
    const garbled = EXPIRED.replace('Key start [Tue, 04 Nov 2025 08:00:00 GMT]', 'Key start [soon]');
    assert.equal(refuse(403, garbled, undefined, 5_000).retryAtMs, 5_000);
  });

  for (const code of ['AuthorizationSourceIPMismatch', 'AuthorizationFailure', 'AccountIsDisabled']) {
    it(`knows that no other address helps against ${code}`, () => {
      const error = refuse(403, `<Error><Code>${code}</Code></Error>`, undefined, 5_000);
      assert.deepEqual(
        [error.code, error.retryable, error.retryAtMs],
        ['UPSTREAM_FILE_FORBIDDEN', false, undefined],
      );
      assert.match(error.message, /whatever the URL: check the network/);
    });
  }

  it('obeys Retry-After', () => assert.equal(refuse(503, '', '9').retryAtMs, 9_000));

  it('recognises a copy that is under way', () => {
    const body = '<Error><Code>PendingCopyOperation</Code></Error>';
    assert.deepEqual(
      [isPendingCopy(409, body), isPendingCopy(403, body), isPendingCopy(409, '')],
      [true, false, false],
    );
  });
});
