/** The snapshots of the tenant and API that the settings name, in a store. */

import type { Config } from './config/config.ts';
import {
  createSnapshotRepository,
  type SnapshotRepository,
  type SnapshotRepositoryOptions,
} from './storage/snapshot-repository.ts';
import { toTenantId } from './tenant-scope.ts';

export function composeRepository(
  config: Config,
  ports: Omit<SnapshotRepositoryOptions, 'tenantId' | 'apiUrl'>,
): SnapshotRepository {
  return createSnapshotRepository({
    ...ports,
    tenantId: toTenantId(config),
    apiUrl: config.defender.apiUrl,
  });
}
