import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toExtendedKeyUsages, toKeyUsages } from '../../../src/defender/wire-usages.ts';

const BOTH = ['digitalSignature', 'keyEncipherment'];

describe('key usages of the wire', () => {
  for (const form of [
    ['Digital Signature', 'Key Encipherment'],
    'Digital Signature, Key Encipherment',
    'Digital Signature, Key Encipherment (a0)',
    'DigitalSignature;KeyEncipherment',
    '["digitalSignature","keyEncipherment"]',
    JSON.stringify('["digitalSignature","keyEncipherment"]'),
    'Digital Signature,,Key Encipherment, Digital Signature',
  ]) {
    it(`reads ${JSON.stringify(form)}`, () => assert.deepEqual(toKeyUsages(form), BOTH));
  }

  it('keeps the order that was reported', () => {
    assert.deepEqual(toKeyUsages('Key Encipherment,Digital Signature'), [
      'keyEncipherment',
      'digitalSignature',
    ]);
  });

  it('tells "reported: none" from "not reported"', () => {
    for (const none of [[], 'None', 'none', ['None'], '[]', [null, 'None']])
      assert.deepEqual(toKeyUsages(none), []);
    for (const missing of [null, undefined, '', '  ', 'null', 5, {}])
      assert.equal(toKeyUsages(missing), null);
  });

  it('takes a list without any text for not reported, and the texts of one that has some', () => {
    for (const list of [[{ name: 'Digital Signature' }], [null], ['', {}], [[]], '[{"oid":"1.2.3"}]'])
      assert.equal(toKeyUsages(list), null, JSON.stringify(list));
    assert.deepEqual(toKeyUsages([{ a: 1 }, 'Key Encipherment', null]), ['keyEncipherment']);
  });

  it('keeps text that nobody knows, and text that only looks like JSON', () => {
    assert.deepEqual(toKeyUsages('Quantum Signature'), ['Quantum Signature']);
    assert.deepEqual(toKeyUsages('[cut'), ['[cut']);
  });
});

describe('extended key usages of the wire', () => {
  it('reads friendly names, OIDs and names with OIDs, and drops exact repeats', () => {
    assert.deepEqual(
      toExtendedKeyUsages('Server Authentication (1.3.6.1.5.5.7.3.1); 1.3.6.1.5.5.7.3.2, serverAuth'),
      [
        { oid: '1.3.6.1.5.5.7.3.1', name: 'Server Authentication' },
        { oid: '1.3.6.1.5.5.7.3.2', name: 'Client Authentication' },
      ],
    );
  });

  it('does not cut inside brackets', () => {
    assert.deepEqual(toExtendedKeyUsages('House Rule (internal, old; new),1.2.3'), [
      { oid: null, name: 'House Rule (internal, old; new)' },
      { oid: '1.2.3', name: '1.2.3' },
    ]);
  });

  it('tells "reported: none" from "not reported"', () => {
    assert.deepEqual(toExtendedKeyUsages('None'), []);
    assert.equal(toExtendedKeyUsages(null), null);
    assert.equal(toExtendedKeyUsages([{ oid: '1.3.6.1.5.5.7.3.1' }]), null);
  });
});
