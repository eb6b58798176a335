/** Whose data the gateway keeps, as the store tells them apart. */

import type { Config } from './config/config.ts';

/**
 * Whose snapshots a store holds. What one engineer may see is kept apart from what the application sees, so that
 * neither is restored as the other. With a managed identity the tenant may be left out of the settings.
 */
export function toTenantId({ azure }: Config): string {
  const tenantId = azure.tenantId ?? 'managed-identity';
  return azure.credential.kind === 'device-code' ? `${tenantId} (as a user)` : tenantId;
}
