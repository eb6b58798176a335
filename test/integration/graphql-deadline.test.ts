import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bareCertificate } from '../support/bare-certificate.ts';
import { createHarness } from '../support/graphql-harness.ts';
import { openRecords } from '../support/inventories.ts';
import { openSmallInventory } from '../support/small-inventory.ts';
import { through } from '../support/told-object.ts';

describe('the deadline of an answer', () => {
  it('ends the loop over rows: nothing more is looked up, however many fields are left', async () => {
    let lookUps = 0;
    const inventory = openRecords(
      Array.from({ length: 400 }, (_, index) => ({
        device: { deviceId: 'one', name: null, rbacGroupId: null, rbacGroupName: null },
        certificate: bareCertificate(index),
        path: `${index}`,
      })),
    );
    const snapshot = through(inventory, () => {
      lookUps += 1;
    });
    // A look-up takes a millisecond.
    await using harness = await createHarness({ snapshot, deadline: { limitMs: 500, nowMs: () => lookUps } });
    const fields =
      'serialNumber keySize notBefore notAfter signatureAlgorithm subjectType isSelfSigned lifetimeDays';
    for (const query of [
      `{ certificates(first: 400) { nodes { ${fields} } } }`,
      `{ certificates(first: 400) { edges { node { ${fields} } } } }`,
      `{ device(deviceId: "one") { certificates(first: 400) { nodes { ${fields} installations { nodes { id } } } } } }`,
      `{ installations(first: 400) { nodes { path certificate { ${fields} } } } }`,
    ]) {
      lookUps = 0;
      const { errors, status } = await harness.run(query);
      // Of 3,200: a look at the clock comes every 64th row at the latest, and is made where most rows begin.
      assert.ok(lookUps >= 500 && lookUps < 500 + 2 * 64, `${lookUps} look-ups`);
      assert.deepEqual([status, errors[0]?.extensions?.code], [503, 'DEADLINE_EXCEEDED'], query);
      assert.ok(errors.length <= 9);
      // Nothing is left that fails with nobody to hear it, which would end the process.
      await nextTurn();
    }
    assert.deepEqual(harness.log.lines, []);
  });

  it('leaves what was found before standing, at 200', async () => {
    let nowMs = 0;
    const snapshot = through(openSmallInventory(), (name) => {
      if (name === 'certificates') nowMs = 1_000;
    });
    await using harness = await createHarness({ snapshot, deadline: { limitMs: 1_000, nowMs: () => nowMs } });
    const { data, errors, status } = await harness.run(
      '{ devices { totalCount } certificates(first: 1) { nodes { installations { totalCount } } } }',
    );
    assert.deepEqual([data.devices.totalCount, data.certificates, status], [3, null, undefined]);
    assert.equal(errors[0]?.extensions?.code, 'DEADLINE_EXCEEDED');
  });
});
