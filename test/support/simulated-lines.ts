/** The lines of the export files of a simulated tenant, as they are on the wire. */

import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import type { Simulator } from '../../src/simulator/simulator.ts';

/** Blank lines and carriage returns included, without the newlines. Costs the tenant one export call. */
export async function readExportLines({ url, environment }: Simulator): Promise<string[]> {
  const signIn = await fetch(`${url}/${environment.AZURE_TENANT_ID}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: environment.AZURE_CLIENT_ID ?? '',
      client_secret: environment.AZURE_CLIENT_SECRET ?? '',
      scope: 'https://api.securitycenter.microsoft.com/.default',
    }),
  });
  const { access_token: token } = (await signIn.json()) as { access_token: string };
  const listing = await fetch(`${url}/api/machines/certificateAssessmentExport`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { exportFiles } = (await listing.json()) as { exportFiles: string[] };
  const lines: string[] = [];
  for (const file of exportFiles) {
    const response = await fetch(file);
    assert.equal(response.status, 200);
    lines.push(
      ...gunzipSync(await response.bytes())
        .toString('utf8')
        .split('\n'),
    );
  }
  return lines;
}
