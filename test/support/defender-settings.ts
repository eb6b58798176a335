/** Settings of an upstream client over a simulated tenant, with its client secret. */

import type { DefenderSettings } from '../../src/defender/defender.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

export function toDefenderSettings(
  simulator: Simulator,
  choice: Pick<DefenderSettings, 'mode' | 'pageSize'> & Partial<DefenderSettings>,
): DefenderSettings {
  const { AZURE_TENANT_ID = '', AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '' } = simulator.environment;
  const url = new URL(simulator.url);
  return {
    tenantId: AZURE_TENANT_ID,
    clientId: AZURE_CLIENT_ID,
    credential: { kind: 'secret', secret: AZURE_CLIENT_SECRET },
    authorityHost: url,
    scope: 'https://api.securitycenter.microsoft.com/.default',
    apiUrl: url,
    pageHosts: [url.host],
    downloadHosts: [url.host],
    sasValidHours: 3,
    proxy: {},
    version: '0.0.0',
    ...choice,
  };
}
