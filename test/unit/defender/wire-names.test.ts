import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toNameText } from '../../../src/defender/wire-names.ts';

const PARTS = { CommonName: 'web.contoso.com', Organization: 'Contoso, Ltd', CountryName: 'US' };
const TEXT = 'CN=web.contoso.com,O=Contoso\\, Ltd,C=US';

describe('names of the wire', () => {
  it('writes an object as RFC 4514 text in one order, whatever the order of its keys', () => {
    assert.equal(toNameText(PARTS), TEXT);
    assert.equal(
      toNameText({ countryName: 'US', organization: 'Contoso, Ltd', commonName: 'web.contoso.com' }),
      TEXT,
    );
  });

  it('reads JSON in a string, and JSON in a string in a string', () => {
    assert.equal(toNameText(JSON.stringify(PARTS)), TEXT);
    assert.equal(toNameText(JSON.stringify(JSON.stringify(PARTS))), TEXT);
  });

  it('keeps the plain text of a distinguished name or a common name as it came, trimmed', () => {
    assert.equal(
      toNameText(' CN=web.contoso.com, O="Contoso, Ltd" '),
      'CN=web.contoso.com, O="Contoso, Ltd"',
    );
    assert.equal(toNameText('web.contoso.com'), 'web.contoso.com');
  });

  it('keeps a malformed JSON string as plain text', () => {
    assert.equal(toNameText('{"CommonName":"cut'), '{"CommonName":"cut');
  });

  it('writes every value of a repeated attribute', () => {
    assert.equal(toNameText({ CommonName: 'a', OrganizationalUnit: ['x', 'y'] }), 'CN=a,OU=x,OU=y');
  });

  it('takes null, blanks, "null" and objects without a known value for not reported', () => {
    for (const value of [
      null,
      undefined,
      '',
      '  ',
      'null',
      '{}',
      {},
      { CommonName: null },
      { CommonName: '' },
      { Email: 'x' },
      7,
      [],
    ]) {
      assert.equal(toNameText(value), null, JSON.stringify(value));
    }
  });
});
