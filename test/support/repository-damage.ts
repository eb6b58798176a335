/**
 * What a snapshot repository must do over any store when stored bytes change behind its back; run it over each
 * of them.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '../../src/core/logger.ts';
import { HEADER_BYTES } from '../../src/storage/chunk-form.ts';
import { cutSnapshot } from '../../src/storage/snapshot-document.ts';
import { createSnapshotRepository } from '../../src/storage/snapshot-repository.ts';
import { API_URL, createEncodedSnapshot, TENANT_ID } from './encoded-snapshots.ts';
import { createManualClock } from './manual-clock.ts';
import { assertSame, type RepositoryContractOptions } from './repository-contract.ts';

/** Registers the suite for one store. */
export function testRepositoryDamage(
  name: string,
  { open: openSubject, skip = false }: RepositoryContractOptions,
): void {
  describe(`a damaged snapshot repository on ${name}`, { skip }, () => {
    it('whatever happens to stored bytes, restores a whole snapshot or none', async (t) => {
      await using subject = await openSubject(t);
      const { store } = subject;
      const base = { store, tenantId: TENANT_ID, apiUrl: API_URL };
      const open = () => createSnapshotRepository({ ...base, clock: createManualClock(), log: silentLogger });
      const [one, two] = [createEncodedSnapshot(1), createEncodedSnapshot(2)];
      await open().save(one);
      await open().save(two);
      const [ofOne, ofTwo] = [(await cutSnapshot(one)).chunks, (await cutSnapshot(two)).chunks];
      const digests = [...new Set([...ofOne.keys(), ...ofTwo.keys()])];
      const intact = new Map<string, Uint8Array>();
      for (const digest of digests) intact.set(digest, await subject.readStored(digest));

      const property = fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...digests), { minLength: 1, maxLength: 2 }),
        damage,
        async (victims, change) => {
          // Whatever the last example has removed or moved is put back: chunks first, then the pointer.
          for (const [digest, stored] of intact) await subject.damage(digest, stored);
          await open().save(one);
          await open().save(two);
          const hit = new Set<string>();
          for (const digest of victims) {
            const stored = intact.get(digest)!;
            const changed = change(stored);
            if (Buffer.compare(changed, stored) !== 0) hit.add(digest);
            await subject.damage(digest, changed);
          }
          const isWhole = (chunks: ReadonlyMap<string, unknown>) =>
            [...chunks.keys()].every((digest) => !hit.has(digest));
          const restored = await open().load();
          if (isWhole(ofTwo)) assertSame(restored, two);
          else if (isWhole(ofOne)) assertSame(restored, one);
          else assert.equal(restored, undefined);
        },
      );
      await fc.assert(property, { numRuns: 60 });
    });
  });
}

/** What may become of stored bytes: bits, a part, the end, or all of them. */
const damage: fc.Arbitrary<(stored: Uint8Array) => Uint8Array> = fc.oneof(
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(
    ([at, bits]) =>
      (stored: Uint8Array) =>
        stored.map((byte, index) => (index === at % stored.length ? byte ^ bits : byte)),
  ),
  fc.tuple(fc.nat(HEADER_BYTES - 1), fc.nat(255)).map(
    ([at, value]) =>
      (stored: Uint8Array) =>
        stored.map((byte, index) => (index === at ? value : byte)),
  ),
  fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 40 })).map(
    ([at, inserted]) =>
      (stored: Uint8Array) =>
        Uint8Array.of(
          ...stored.subarray(0, at % stored.length),
          ...inserted,
          ...stored.subarray(at % stored.length),
        ),
  ),
  fc.nat().map((length) => (stored: Uint8Array) => stored.subarray(0, length % stored.length)),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => () => bytes),
);
