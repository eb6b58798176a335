/** Ways in which a tenant breaks, and what the gateway must make of each: a code, and what to do. */

import { HOUR_MS } from '../../src/core/units.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { Fault } from '../../src/simulator/tenant/faults.ts';

export interface UpstreamScenario {
  readonly name: string;
  readonly code: string;
  /** What to do, in the message. */
  readonly says: RegExp;
  readonly retryable: boolean;
  /** Settings with which the gateway comes back; absent: it is not restarted. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Breaks the tenant. */
  readonly arrange: (tenant: Simulator) => void | Promise<void>;
}

/** Every call of the endpoint meets the fault. */
export const always = (endpoint: 'export' | 'token' | 'blob', fault: Fault) => (tenant: Simulator) =>
  tenant.fail({ endpoint, fault, times: Number.POSITIVE_INFINITY });

/** Defender's error object. */
export const reply = (status: number, code: string, message: string): Fault => ({
  kind: 'reply',
  status,
  body: JSON.stringify({ error: { code, message, target: 'a-correlation-id' } }),
});

const BAD_GATEWAY: Fault = {
  kind: 'reply',
  status: 502,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>',
};

/** Makes the cached token expire, so that the gateway signs in anew. */
export const expireToken = (tenant: Simulator) => tenant.advance(2 * HOUR_MS);

/** Each ends in a failure, or in a snapshot that is refused. */
export const UPSTREAM_SCENARIOS: readonly UpstreamScenario[] = [
  {
    name: 'a client secret that is wrong',
    code: 'UPSTREAM_CREDENTIAL_REJECTED',
    says: /AADSTS7000215.*AZURE_CLIENT_SECRET.*not its id/,
    retryable: false,
    settings: { AZURE_CLIENT_SECRET: 'not-the-secret' },
    arrange: expireToken,
  },
  {
    name: 'an application that the tenant does not know',
    code: 'UPSTREAM_CREDENTIAL_REJECTED',
    says: /AADSTS700016.*AZURE_CLIENT_ID/,
    retryable: false,
    settings: { AZURE_CLIENT_ID: '00000000-0000-4000-8000-000000000000' },
    arrange: () => undefined,
  },
  {
    name: 'a scope that names no known API',
    code: 'UPSTREAM_SCOPE_REJECTED',
    says: /DEFENDER_SCOPE/,
    retryable: false,
    settings: { DEFENDER_SCOPE: 'https://api.example.test/.default' },
    arrange: () => undefined,
  },
  {
    name: 'a token for another API',
    code: 'UPSTREAM_FORBIDDEN',
    says: /DEFENDER_SCOPE/,
    retryable: false,
    settings: { DEFENDER_SCOPE: 'https://graph.microsoft.com/.default' },
    arrange: () => undefined,
  },
  {
    name: 'a missing role',
    code: 'UPSTREAM_ROLE_MISSING',
    says: /Vulnerability\.Read\.All.*Machine\.Read\.All.*Grant the permission Vulnerability\.Read\.All/,
    retryable: false,
    arrange: (tenant) => {
      tenant.change({ roles: ['Machine.Read.All'] });
      expireToken(tenant);
    },
  },
  {
    name: 'a missing licence',
    code: 'UPSTREAM_LICENSE_MISSING',
    says: /Assign Microsoft Defender Vulnerability Management/,
    retryable: false,
    arrange: (tenant) => tenant.change({ licensed: false }),
  },
  {
    name: 'an inactive account',
    code: 'UPSTREAM_ACCOUNT_INACTIVE',
    says: /Activate Microsoft Defender/,
    retryable: false,
    arrange: always(
      'export',
      reply(401, 'Unauthorized', 'Unauthorized request - reason of failure: Account mode is inactive'),
    ),
  },
  {
    name: 'a feature that is switched off',
    code: 'UPSTREAM_FEATURE_DISABLED',
    says: /Defender portal/,
    retryable: false,
    arrange: always('export', reply(403, 'DisabledFeature', 'The feature is disabled.')),
  },
  {
    name: 'an endpoint that is not there',
    code: 'UPSTREAM_NOT_FOUND',
    says: /DEFENDER_API_URL/,
    retryable: false,
    arrange: always('export', reply(404, 'ResourceNotFound', 'No such resource.')),
  },
  {
    name: 'throttling',
    code: 'UPSTREAM_RATE_LIMITED',
    says: /may be called again at 20\d\d-/,
    retryable: true,
    arrange: always('export', reply(429, 'TooManyRequests', 'API calls quota exceeded.')),
  },
  {
    name: 'errors of the service that outlast the retries',
    code: 'UPSTREAM_UNAVAILABLE',
    says: /status 500.*tried again later/,
    retryable: true,
    arrange: always('export', reply(500, 'InternalServerError', '')),
  },
  {
    name: 'the HTML of a gateway in front',
    code: 'UPSTREAM_UNAVAILABLE',
    says: /status 502(?!.*<)/,
    retryable: true,
    arrange: always('export', BAD_GATEWAY),
  },
  {
    name: 'a connection that is refused',
    code: 'UPSTREAM_UNREACHABLE',
    says: /ECONNREFUSED.*firewall.*HTTPS_PROXY/,
    retryable: true,
    arrange: (tenant) => tenant[Symbol.asyncDispose](),
  },
  {
    name: 'an export without files',
    code: 'SNAPSHOT_EMPTY',
    says: /Vulnerability Management/,
    retryable: false,
    arrange: always('export', {
      kind: 'reply',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ exportFiles: [], generatedTime: '2030-01-01T00:00:00Z' }),
    }),
  },
  {
    name: 'a file host that is not allowed',
    code: 'UPSTREAM_HOST_REFUSED',
    says: /DEFENDER_DOWNLOAD_HOSTS/,
    retryable: false,
    settings: { DEFENDER_DOWNLOAD_HOSTS: 'files.example.test' },
    arrange: (tenant) => tenant.advance(7 * HOUR_MS),
  },
];
