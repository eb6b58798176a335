import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { NodeKind } from '../../../src/graphql/handles.ts';
import { decodeNodeId, encodeNodeId, type NodeReference } from '../../../src/graphql/node-id.ts';

const THUMBPRINT = '0123456789ABCDEF0123456789ABCDEF01234567';

/** Any text that UTF-8 can carry, odd ones preferred. */
const text = fc.string({ unit: 'grapheme' });
const thumbprint = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase());

const reference: fc.Arbitrary<NodeReference> = fc.oneof(
  thumbprint.map((key): NodeReference => ({ kind: 'Certificate', key: [key] })),
  fc.tuple(text, thumbprint, text).map(
    ([device, certificate, path]): NodeReference => ({
      kind: 'Installation',
      key: [device, certificate, path],
    }),
  ),
  fc
    .tuple(fc.constantFrom<NodeKind>('Device', 'RbacGroup', 'Snapshot', 'RefreshRun'), text)
    .map(([kind, key]): NodeReference => ({ kind, key: [key] })),
  fc.constant<NodeReference>({ kind: 'RefreshStatus', key: [] }),
);

const encode = ({ kind, key }: NodeReference): string => encodeNodeId(kind, ...key);

describe('node ids', () => {
  it('give back type and key', () => {
    fc.assert(
      fc.property(reference, (original) => assert.deepEqual(decodeNodeId(encode(original), 'id'), original)),
    );
  });

  it('differ for different things', () => {
    fc.assert(
      fc.property(reference, reference, (left, right) => {
        assert.equal(encode(left) === encode(right), JSON.stringify(left) === JSON.stringify(right));
      }),
    );
  });

  it('stay what they are: clients keep them', () => {
    assert.equal(
      encodeNodeId('Certificate', THUMBPRINT),
      'WyJDIiwiMDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNERUYwMTIzNDU2NyJd',
    );
    assert.equal(encodeNodeId('RefreshStatus'), 'WyJSIl0');
  });

  it('are refused when they were not issued here, with argument, rule and value', () => {
    assert.throws(() => decodeNodeId('nonsense', 'ids.3'), {
      code: 'BAD_USER_INPUT',
      message: 'ids.3 must be an id that this API has issued, but got: "nonsense".',
      argument: 'ids.3',
      rule: 'be an id that this API has issued',
      value: '"nonsense"',
    });
  });

  it('are refused when they have the outer shape alone', () => {
    const opaque = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const id of [
      '',
      'e30',
      opaque([]),
      opaque(['X', 'a']),
      opaque([null, 'a']),
      opaque(['C', THUMBPRINT.toLowerCase()]),
      opaque(['C', 'ABC']),
      opaque(['C', THUMBPRINT, THUMBPRINT]),
      opaque(['D']),
      opaque(['D', 1]),
      opaque(['D', null]),
      opaque(['D', ['a']]),
      opaque(['I', 'device', 'ABC', 'path']),
      opaque(['R', 'extra']),
      `${opaque(['D', 'a'])}=`,
      `${opaque(['D', 'a'])}!`,
      ` ${opaque(['D', 'a'])}`,
      Buffer.from('[ "D","a"]').toString('base64url'),
      Buffer.from([0x5b, 0x22, 0x44, 0x22, 0x2c, 0x22, 0xff, 0x22, 0x5d]).toString('base64url'),
    ]) {
      assert.throws(() => decodeNodeId(id, 'id'), { code: 'BAD_USER_INPUT' }, id);
    }
  });
});
