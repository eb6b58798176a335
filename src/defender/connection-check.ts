/**
 * Is this tenant reachable with these settings, and if not, what to do: the four things that a refresh needs,
 * each tried once, the later ones only where the earlier ones leave something to try.
 *
 * Reports; prints nothing, retries nothing and downloads next to nothing.
 */

import { findGatewayError, GatewayError } from '../core/errors.ts';
import type { AccessToken } from './access-token.ts';
import type { BlobClient } from './blob-client.ts';
import type { ApiEndpoint } from './call-ledger.ts';
import type { ExportEndpoint, ExportFile, ExportListing } from './export-endpoint.ts';
import type { PagedEndpoint } from './paged-endpoint.ts';
import type { TokenSource } from './token-source.ts';

export type CheckName = 'TOKEN' | 'PAGED' | 'EXPORT' | 'FILE';

export interface CheckStep {
  readonly name: CheckName;
  readonly ok: boolean;
  /** What was found, or what is wrong and what to do about it. */
  readonly message: string;
  /** The error code of a step that failed. */
  readonly code: string | null;
  /** Calls of each budget that this step used. */
  readonly callsUsed: Readonly<Record<ApiEndpoint, number>>;
}

export interface ConnectionCheckOptions {
  readonly tokens: TokenSource;
  readonly pagedEndpoint: PagedEndpoint;
  readonly exportEndpoint: ExportEndpoint;
  readonly blobs: BlobClient;
  /** Calls made so far through the budget that the endpoints use. */
  readonly countCalls: () => Readonly<Record<ApiEndpoint, number>>;
  /** `Vulnerability.Read.All`, or `Vulnerability.Read` for a user. */
  readonly requiredRole: string;
  readonly signal: AbortSignal;
}

/** The steps as they finish, at most four. Never throws but for the signal's reason. */
export async function* checkConnection(options: ConnectionCheckOptions): AsyncGenerator<CheckStep> {
  const { tokens, pagedEndpoint, exportEndpoint, blobs, requiredRole, signal } = options;

  const token = await runStep('TOKEN', options, async () =>
    describeToken(await tokens.getToken({ forceRenewal: true, signal }), requiredRole),
  );
  yield token;
  if (token.code !== null && token.code !== 'UPSTREAM_ROLE_MISSING') return;

  yield await runStep('PAGED', options, async () => {
    const { records } = await pagedEndpoint.readFirst({ signal });
    if (records === 0) throw nothingThere('The paged endpoint answered without any record');
    return 'The paged endpoint answered with one record.';
  });

  let listing: ExportListing | undefined;
  yield await runStep('EXPORT', options, async () => {
    listing = await exportEndpoint.requestExport({ sasValidHours: 1, signal });
    if (listing.files.length === 0) throw nothingThere('The export lists no file');
    return describeListing(listing);
  });

  const file = listing?.files[0];
  if (file === undefined) return;
  yield await runStep('FILE', options, () => describeOpening(blobs, file, signal));
}

async function runStep(
  name: CheckName,
  { countCalls, signal }: ConnectionCheckOptions,
  work: () => Promise<string>,
): Promise<CheckStep> {
  const before = countCalls();
  let outcome: Pick<CheckStep, 'ok' | 'message' | 'code'>;
  try {
    outcome = { ok: true, message: await work(), code: null };
  } catch (error) {
    signal.throwIfAborted();
    const known = findGatewayError(error);
    outcome = {
      ok: false,
      message:
        known?.message ?? `Failed for an unknown reason: ${error instanceof Error ? error.name : 'unknown'}.`,
      code: known?.code ?? 'INTERNAL_SERVER_ERROR',
    };
  }
  const after = countCalls();
  return {
    name,
    ...outcome,
    callsUsed: { EXPORT: after.EXPORT - before.EXPORT, PAGED: after.PAGED - before.PAGED },
  };
}

function describeToken({ claims }: AccessToken, requiredRole: string): string {
  const who =
    claims.userName ??
    claims.applicationName ??
    claims.applicationId ??
    claims.objectId ??
    'an unnamed identity';
  const roles = claims.roles.join(', ') || 'no role';
  const found = `Entra ID gave a token for ${who}, with ${roles}`;
  if (!claims.roles.includes(requiredRole)) {
    throw new GatewayError(
      'UPSTREAM_ROLE_MISSING',
      `${found}, but without ${requiredRole}. Grant the permission ${requiredRole} of the API WindowsDefenderATP and give admin consent; a managed identity needs an app role assignment instead.`,
    );
  }
  return `${found}.`;
}

function describeListing({ files, generatedAtMs }: ExportListing): string {
  const age = generatedAtMs === null ? 'at an unknown time' : `at ${new Date(generatedAtMs).toISOString()}`;
  return `The export lists ${files.length} ${files.length === 1 ? 'file' : 'files'}, generated ${age}.`;
}

async function describeOpening(blobs: BlobClient, file: ExportFile, signal: AbortSignal): Promise<string> {
  const { bytes, sizeBytes, isPending } = await blobs.readFirstBytes(file, { signal });
  const host = file.url.host;
  if (isPending) return `The blob host ${host} answers; the first file is still being copied to its place.`;
  const size = sizeBytes === null ? 'of unknown size' : `of ${sizeBytes} bytes`;
  const kind = bytes[0] === 0x1f && bytes[1] === 0x8b ? 'gzip' : 'plain text';
  return `The blob host ${host} answers; the first file is ${kind} ${size}.`;
}

function nothingThere(finding: string): GatewayError {
  return new GatewayError(
    'UPSTREAM_LICENSE_MISSING',
    `${finding}. If the tenant has Windows devices, check that they are licensed for Microsoft Defender Vulnerability Management.`,
  );
}
