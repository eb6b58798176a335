/**
 * The truth of every export that a tenant has made, and which of them a snapshot is. A snapshot of files says so itself; one
 * of pages does not, so its first answer decides, and every later one is held to that.
 */

import assert from 'node:assert/strict';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { GraphqlAnswer, GraphqlClient } from './gateway.ts';
import { mergeRecords, type TrueInventory } from './simulated-truth.ts';

type SnapshotExtension = GraphqlAnswer['body']['extensions']['snapshot'];

export interface TruthBook {
  /** Distinct snapshots that have answered so far. */
  readonly snapshots: number;
  /** Writes the newest export down; at least once for each of them. */
  note(): void;
  newest(): number;
  truthOf(generation: number): TrueInventory;
  /** Holds an answer to the export that its snapshot is of. */
  check(snapshot: SnapshotExtension, actual: unknown, toExpected: (truth: TrueInventory) => unknown): void;
  /** The export that a gateway serves. */
  findServed(client: GraphqlClient): Promise<number>;
}

export function createTruthBook(tenant: Simulator, exportIntervalMs: number): TruthBook {
  const truths = new Map<number, TrueInventory>();
  const startedAtMs = tenant.now() - (tenant.now() % 1_000);
  /** By id of the snapshot: the exports that it may be of, by all answers so far. */
  const candidates = new Map<string, readonly number[]>();

  function note(): void {
    const generation = tenant.generation();
    if (!truths.has(generation)) truths.set(generation, mergeRecords(tenant.records()));
  }

  function findCandidates(snapshot: NonNullable<SnapshotExtension>): readonly number[] {
    const known = candidates.get(String(snapshot.id));
    if (known !== undefined) return known;
    const { generatedAt } = snapshot;
    if (generatedAt === null) return [...truths.keys()];
    return [(Date.parse(String(generatedAt)) - startedAtMs) / exportIntervalMs];
  }

  function check(
    snapshot: SnapshotExtension,
    actual: unknown,
    toExpected: (truth: TrueInventory) => unknown,
  ): void {
    assert.ok(snapshot !== null, 'a snapshot has answered');
    note();
    const before = findCandidates(snapshot);
    const text = JSON.stringify(actual);
    const after = before.filter((generation) => {
      const truth = truths.get(generation);
      return truth !== undefined && JSON.stringify(toExpected(truth)) === text;
    });
    if (after.length === 0) {
      const truth = truths.get(before.at(-1)!);
      assert.ok(truth !== undefined, `export ${before.at(-1)} was never made`);
      assert.deepEqual(
        actual,
        toExpected(truth),
        `${JSON.stringify(snapshot)} is of none of the exports ${before}`,
      );
    }
    candidates.set(String(snapshot.id), after);
  }

  return {
    get snapshots() {
      return candidates.size;
    },
    note,
    newest: () => tenant.generation(),
    truthOf: (generation) => truths.get(generation)!,
    check,
    async findServed(client) {
      const { body } = await client.post('{ devices(first: 1000) { nodes { deviceId installationCount } } }');
      const { snapshot } = body.extensions;
      check(snapshot, body.data, ({ devices }) => ({
        devices: {
          nodes: devices.map(({ deviceId, installations }) => ({
            deviceId,
            installationCount: installations.length,
          })),
        },
      }));
      return findCandidates(snapshot!).at(-1)!;
    },
  };
}
