import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { redact } from '../../../src/core/redaction.ts';

describe('redaction', () => {
  for (const [text, expected] of [
    [
      'GET https://a.blob.core.windows.net/c/f.gz?se=2026&sig=abc%2B failed',
      'GET https://a.blob.core.windows.net/c/f.gz?[redacted] failed',
    ],
    [
      '"http://127.0.0.1:1/x?y" and <https://h/p?q>',
      '"http://127.0.0.1:1/x?[redacted]" and <https://h/p?[redacted]>',
    ],
    ['authorization: Bearer abc.DEF-1_2~3+4/5= end', 'authorization: Bearer [redacted] end'],
    ['token eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln end', 'token [redacted] end'],
    [
      'sig=abc&client_secret=def&client_assertion=g&access_token=h&refresh_token=i&device_code=j&scope=k',
      'sig=[redacted]&client_secret=[redacted]&client_assertion=[redacted]&access_token=[redacted]&refresh_token=[redacted]&device_code=[redacted]&scope=k',
    ],
    [
      String.raw`k?se=1\u0026sig=abc%2B","refresh_token":"0.AX-o","scope":"x" and \"access_token\": \"h\"`,
      String.raw`k?se=1\u0026sig=[redacted]","refresh_token":"[redacted]","scope":"x" and \"access_token\": \"[redacted]\"`,
    ],
    ['nothing to hide at https://host/path', 'nothing to hide at https://host/path'],
  ] as const) {
    it(`leaves of ${JSON.stringify(text)} what is harmless`, () => assert.equal(redact(text), expected));
  }

  it('removes a signature wherever it stands, and changes nothing the second time', () => {
    const secret = fc.stringMatching(/^SECRET[A-Za-z0-9]{8}$/);
    const around = fc.string({ maxLength: 10 });
    fc.assert(
      fc.property(around, secret, around, (before, value, after) => {
        const text = redact(`${before} https://h/f?sp=r&sig=${value} ${after} Bearer ${value}`);
        assert.ok(!text.includes(value));
        assert.equal(redact(text), text);
      }),
    );
  });
});
