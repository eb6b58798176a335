/** The small parts of the simulated tenant, each alone: clock, quotas, signatures, skip tokens, fault book. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBlobSigner } from '../../../src/simulator/tenant/blob-signature.ts';
import { createFaultBook } from '../../../src/simulator/tenant/faults.ts';
import { createRateWindow } from '../../../src/simulator/tenant/rate-window.ts';
import { createSimulatedClock } from '../../../src/simulator/tenant/simulated-clock.ts';
import { createSkipToken, findPagePosition } from '../../../src/simulator/tenant/skip-token.ts';

describe('simulated clock', () => {
  it('starts where it is told, passes with the machine, and can be advanced', () => {
    let machine = 5_000;
    const clock = createSimulatedClock(1_000_000, () => machine);
    assert.equal(clock.now(), 1_000_000);
    machine += 250;
    clock.advance(10_000);
    assert.equal(clock.now(), 1_010_250);
    assert.equal(clock.elapsedMs(), 10_250);
    assert.equal(clock.machineNow(), 5_250);
  });

  it('does not run backwards', () => {
    let machine = 5_000;
    const clock = createSimulatedClock(0, () => machine);
    machine = 1_000;
    assert.equal(clock.now(), 0);
    assert.throws(() => clock.advance(-1), /advance takes a duration of 0 ms or more, but got: -1\./);
    assert.throws(() => clock.advance(Number.NaN), RangeError);
  });
});

describe('rate window', () => {
  it('grants as many calls a minute as it says and tells when the next is due', () => {
    const window = createRateWindow({ perMinute: 2, perHour: 10 });
    assert.equal(window.take(0), 0);
    assert.equal(window.take(20_000), 0);
    assert.equal(window.take(30_000), 30);
    assert.equal(window.take(59_500), 1);
    assert.equal(window.take(60_000), 0);
    assert.equal(window.take(60_001), 20);
  });

  it('counts hours beside minutes', () => {
    const window = createRateWindow({ perMinute: 5, perHour: 3 });
    for (const at of [0, 1_000, 2_000]) assert.equal(window.take(at), 0);
    assert.equal(window.take(600_000), 3_000);
    assert.equal(window.take(3_600_000), 0);
    assert.equal(window.take(3_600_001), 1);
  });

  it('does not count a refused call', () => {
    const window = createRateWindow({ perMinute: 1, perHour: 10 });
    assert.equal(window.take(0), 0);
    for (let at = 1_000; at < 60_000; at += 1_000) assert.ok(window.take(at) > 0);
    assert.equal(window.take(60_000), 0);
  });

  it('refuses every call when the quota is zero', () => {
    assert.equal(createRateWindow({ perMinute: 0, perHour: 10 }).take(0), 60);
  });
});

describe('blob signature', () => {
  const told: string[] = [];
  const signer = createBlobSigner('key', (secret) => told.push(secret));
  const path = '/temp-1/a b/part.json.gz'.replace(' ', '%20');
  const url = new URL(`http://blob.test${path}?${signer.sign(path, 10_000, 70_000)}`);

  it('lets its own address in, from its start to before its end', () => {
    assert.equal(signer.findFault(url, 10_000), undefined);
    assert.equal(signer.findFault(url, 69_999), undefined);
    assert.match(signer.findFault(url, 9_999)!, /Key start \[Thu, 01 Jan 1970 00:00:10 GMT\]/);
    assert.match(signer.findFault(url, 70_000)!, /Key expiry \[Thu, 01 Jan 1970 00:01:10 GMT\] - Current/);
  });

  for (const field of ['sv', 'st', 'se', 'sr', 'sp', 'sig']) {
    it(`refuses an address whose ${field} was changed or is missing`, () => {
      const changed = new URL(url);
      changed.searchParams.set(field, `${changed.searchParams.get(field)}0`);
      assert.equal(signer.findFault(changed, 20_000), 'Signature did not match.');
      changed.searchParams.delete(field);
      assert.equal(signer.findFault(changed, 20_000), 'Signature did not match.');
    });
  }

  it('tells of the signature that it hands out', () => {
    assert.deepEqual(told, [url.searchParams.get('sig')]);
  });

  it('refuses another path and another key', () => {
    const other = new URL(url.href.replace('part', 'pert'));
    assert.equal(signer.findFault(other, 20_000), 'Signature did not match.');
    assert.equal(
      createBlobSigner('another', () => undefined).findFault(url, 20_000),
      'Signature did not match.',
    );
  });
});

describe('skip token', () => {
  const position = { generation: 3, place: 17, record: 4 };

  it('comes back as the position that it was made of', () => {
    assert.deepEqual(findPagePosition('key', createSkipToken('key', position)), position);
  });

  it('is refused when it was altered, cut or made elsewhere', () => {
    const token = createSkipToken('key', position);
    const [text, signature] = token.split('.');
    const other = createSkipToken('key', { ...position, place: 18 }).split('.')[0];
    for (const wrong of ['', '.', 'abc', text!, `${text}.`, `${other}.${signature}`, token.slice(0, -1)]) {
      assert.equal(findPagePosition('key', wrong), undefined, wrong);
    }
    assert.equal(findPagePosition('another', token), undefined);
  });
});

describe('fault book', () => {
  const call = { endpoint: 'blob', method: 'GET', url: new URL('http://host.test/temp-1') } as const;
  const first = { kind: 'reply', status: 500 } as const;
  const second = { kind: 'reset' } as const;

  it('uses a rule up and then the next', () => {
    const book = createFaultBook();
    book.add({ endpoint: 'blob', fault: first, times: 2 });
    book.add({ endpoint: 'any', fault: second });
    assert.deepEqual(
      [1, 2, 3, 4].map(() => book.take(call)),
      [first, first, second, undefined],
    );
  });

  it('lets calls pass first where a rule says so', () => {
    const book = createFaultBook();
    book.add({ endpoint: 'blob', fault: first, after: 2 });
    assert.deepEqual(
      [1, 2, 3, 4].map(() => book.take(call)),
      [undefined, undefined, first, undefined],
    );
  });

  it('hits only the endpoint and the calls that it is for', () => {
    const book = createFaultBook();
    book.add({ endpoint: 'paged', fault: first });
    book.add({ endpoint: 'blob', fault: second, when: ({ method }) => method === 'HEAD' });
    assert.equal(book.take(call), undefined);
    assert.equal(book.take({ ...call, method: 'HEAD' }), second);
    assert.equal(book.take({ ...call, endpoint: 'paged' }), first);
  });
});
