/** What is served, as gauges: asked at the moment of a scrape, so that an age is never older than the answer. */

import { Gauge, type Registry } from 'prom-client';
import { toSeconds } from './labels.ts';

/** What is served at the moment of a scrape. */
export interface SnapshotFacts {
  readonly revision: number;
  /** Time since the snapshot was published. */
  readonly ageMs: number;
  readonly certificateCount: number;
  readonly deviceCount: number;
  readonly installationCount: number;
}

type Naming = (name: string, help: string) => { name: string; help: string; registers: Registry[] };

/**
 * @param snapshotFacts `undefined` while nothing is served; the gauges of what it holds are then left out
 * @param heldBytes of all snapshots that are in memory
 */
export function registerSnapshotGauges(
  shared: Naming,
  snapshotFacts: () => SnapshotFacts | undefined,
  heldBytes: () => number,
): void {
  const gauges: readonly [name: string, help: string, read: (facts: SnapshotFacts) => number][] = [
    ['snapshot_revision', 'Revision of the served snapshot.', ({ revision }) => revision],
    [
      'snapshot_age_seconds',
      'Time since the served snapshot was published.',
      ({ ageMs }) => toSeconds(ageMs),
    ],
    [
      'snapshot_certificates',
      'Distinct certificates in the served snapshot.',
      (facts) => facts.certificateCount,
    ],
    ['snapshot_devices', 'Devices in the served snapshot.', (facts) => facts.deviceCount],
    ['snapshot_installations', 'Installations in the served snapshot.', (facts) => facts.installationCount],
  ];
  for (const [name, help, read] of gauges) {
    new Gauge({
      ...shared(name, help),
      collect() {
        const facts = snapshotFacts();
        if (facts === undefined) this.remove();
        else this.set(read(facts));
      },
    });
  }
  new Gauge({
    ...shared('snapshot_loaded', '1 while a snapshot is served, else 0.'),
    collect() {
      this.set(snapshotFacts() === undefined ? 0 : 1);
    },
  });
  new Gauge({
    ...shared(
      'snapshot_memory_bytes',
      'Bytes of snapshots in memory: the served one, and older ones until nothing reads them and they were collected.',
    ),
    collect() {
      this.set(heldBytes());
    },
  });
}
