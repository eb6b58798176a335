import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  findThumbprint,
  toComparableSerialNumber,
  toDeviceId,
  toSerialNumber,
} from '../../../src/core/identifiers.ts';

const THUMBPRINT = '0123456789ABCDEF0123456789ABCDEF01234567';

describe('thumbprint', () => {
  it('is found in what people paste', () => {
    const pairs = THUMBPRINT.match(/../g) ?? [];
    for (const text of [
      THUMBPRINT,
      THUMBPRINT.toLowerCase(),
      ` ${THUMBPRINT}\n`,
      pairs.join(':'),
      pairs.join(' '),
      `\u200e${THUMBPRINT}`,
      `\ufeff${pairs.join(' ')}`,
    ]) {
      assert.equal(findThumbprint(text), THUMBPRINT, JSON.stringify(text));
    }
  });

  it('is not found in anything else', () => {
    const hyphens = (THUMBPRINT.match(/../g) ?? []).join('-');
    for (const text of [
      '',
      hyphens,
      THUMBPRINT.slice(1),
      `${THUMBPRINT}0`,
      `G${THUMBPRINT.slice(1)}`,
      'sha1:',
    ])
      assert.equal(findThumbprint(text), undefined, text);
  });
});

describe('serial number', () => {
  it('is kept as reported, in upper case', () => {
    assert.deepEqual([' 00ab ', '', '  '].map(toSerialNumber), ['00AB', null, null]);
  });

  it('is compared without separators, prefix and leading zeros', () => {
    assert.deepEqual(['00:ab:0c', '0x00AB0C', 'ab 0c', '-5'].map(toComparableSerialNumber), [
      'AB0C',
      'AB0C',
      'AB0C',
      '-5',
    ]);
    assert.deepEqual(['0', '00', '0x0'].map(toComparableSerialNumber), ['0', '0', '0']);
  });
});

describe('device id', () => {
  it('is lower case when it is one of Defender, else as it came', () => {
    assert.deepEqual([THUMBPRINT, 'Some-Device', `${THUMBPRINT}0`].map(toDeviceId), [
      THUMBPRINT.toLowerCase(),
      'Some-Device',
      `${THUMBPRINT}0`,
    ]);
  });
});
