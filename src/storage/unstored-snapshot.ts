/**
 * A second chance for a snapshot that is served but could not be stored: Defender may have nothing newer for half a day,
 * and a restart would find the one before it, or none. It is kept, at no cost while it is served, and offered to the store
 * again before the next refresh.
 */

import { findGatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import type { SnapshotRepository } from './snapshot-repository.ts';

export interface UnstoredSnapshot extends Pick<SnapshotRepository, 'save'> {
  /**
   * Stores what the last save could not, if it is still the one that is served; what cannot be stored now either is
   * logged and kept. Rejects only with the reason of the signal.
   */
  retry(served: { readonly revision: number } | null, signal: AbortSignal): Promise<void>;
}

/** Saves through the repository, and remembers what that could not. */
export function rememberUnstored(
  repository: Pick<SnapshotRepository, 'save'>,
  log: Pick<Logger, 'info' | 'warn'>,
): UnstoredSnapshot {
  let unstored: EncodedSnapshot | null = null;

  async function save(snapshot: EncodedSnapshot, signal?: AbortSignal): Promise<void> {
    unstored = snapshot;
    await repository.save(snapshot, signal);
    unstored = null;
  }

  return {
    save,
    retry: async (served, signal) => {
      if (unstored === null) return;
      const { revision } = unstored.manifest;
      if (revision !== served?.revision) {
        unstored = null;
        return;
      }
      try {
        await save(unstored, signal);
        log.info({ event: 'snapshot_stored_late', revision }, 'the served snapshot is stored now');
      } catch (error) {
        signal.throwIfAborted();
        const code = findGatewayError(error)?.code ?? 'STORE_UNAVAILABLE';
        log.warn(
          { event: 'snapshot_not_stored', code, revision, err: error },
          'the served snapshot cannot be stored yet',
        );
      }
    },
  };
}
