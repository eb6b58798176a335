/** What was served last, from the store; a start without it is a start with none. */

import { composeRepository } from './compose-repository.ts';
import type { Config } from './config/config.ts';
import type { Clock } from './core/clock.ts';
import { findGatewayError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import type { EncodedSnapshot } from './snapshot/format.ts';
import { Snapshot } from './snapshot/snapshot.ts';
import type { Store } from './storage/store.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** A snapshot as it is served, and as it is handed to other threads. */
export interface Served {
  readonly encoded: EncodedSnapshot;
  readonly snapshot: Snapshot;
}

/** Never rejects: a store that cannot be read is no empty inventory; it is logged, and the first refresh fills in. */
export async function restoreSnapshot(
  config: Config,
  store: Store,
  { clock, log, metrics }: { clock: Clock; log: Logger; metrics: Pick<Metrics, 'recordStoreFailure'> },
): Promise<Served | null> {
  const repository = composeRepository(config, { store, clock, log, onDamage: metrics.recordStoreFailure });
  const startedAtMs = clock.now();
  try {
    const encoded = await repository.load();
    if (encoded === undefined) return null;
    const snapshot = Snapshot.open(encoded);
    const { revision, installationCount } = encoded.manifest;
    log.info(
      { event: 'snapshot_restored', revision, installationCount, durationMs: clock.now() - startedAtMs },
      'the last snapshot is served again',
    );
    return { encoded, snapshot };
  } catch (error) {
    metrics.recordStoreFailure({ code: findGatewayError(error)?.code ?? 'STORE_UNAVAILABLE' });
    log.error(
      { event: 'restore_failed', err: error },
      'no snapshot could be restored; a refresh will read it anew',
    );
    return null;
  }
}
