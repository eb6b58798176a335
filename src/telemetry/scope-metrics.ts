/** What callers' parts of the inventory take in memory, on the registry of the thread that keeps them. */

import { Gauge, type Registry } from 'prom-client';
import { METRIC_PREFIX } from './metric-prefix.ts';

/** Says whom to ask at each scrape, in bytes; zero until then. */
export type WatchScopes = (sizeBytes: () => number) => void;

/** Registers the metric. Of several threads it is the sum. */
export function createScopeMetrics(registry: Registry): WatchScopes {
  let read = () => 0;
  new Gauge({
    name: `${METRIC_PREFIX}scope_memory_bytes`,
    help: 'Bytes of the parts of the inventory that are kept for callers limited to RBAC groups, over all serving threads.',
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
  return (sizeBytes) => {
    read = sizeBytes;
  };
}
