/**
 * The two certificate endpoints of the simulated Defender API: one record stream in pages, one file listing.
 */

import { Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import type { Generation, Inventory } from '../inventory/inventory.ts';
import type { WireSpelling } from '../inventory/spelling.ts';
import { createApiErrorReply } from './api-errors.ts';
import type { BlobStore } from './blob-store.ts';
import type { TenantHabits } from './habits.ts';
import { createRateWindow, type RateLimit } from './rate-window.ts';
import { createJsonReply, type Reply, type SimulatedRequest } from './reply.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import { createSkipToken, findPagePosition, type PagePosition } from './skip-token.ts';
import { CHUNK_CHARACTERS } from './spool.ts';
import type { TokenService } from './tokens.ts';

export interface DefenderApiOptions {
  readonly baseUrl: () => string;
  readonly spelling: WireSpelling;
  /** Resources that a token may be for. */
  readonly audiences: readonly string[];
  readonly isLicensed: () => boolean;
  readonly getHabits: () => TenantHabits;
  /** RBAC groups whose devices a signed-in user may see; undefined for all. An application sees all. */
  readonly getUserGroups: () => readonly number[] | undefined;
  readonly limits: { readonly paged: RateLimit; readonly export: RateLimit };
  readonly skipTokenKey: string;
  readonly clock: SimulatedClock;
  readonly tokens: TokenService;
  readonly inventory: Inventory;
  readonly blobs: BlobStore;
  /** Number of the newest export, and when any export was made (epoch milliseconds). */
  readonly getNewestGeneration: () => number;
  readonly toGeneratedAtMs: (generation: number) => number;
}

export interface DefenderApi {
  /** `GET /api/machines/certificateAssessmentByMachine` */
  paged(request: SimulatedRequest): Promise<Reply>;
  /** `GET /api/machines/certificateAssessmentExport` */
  export(request: SimulatedRequest): Promise<Reply>;
}

const DEFAULT_PAGE_SIZE = 50_000;
const DEFAULT_SAS_HOURS = 3;
const APPLICATION_ROLE = 'Vulnerability.Read.All';
const DELEGATED_SCOPE = 'Vulnerability.Read';

/** A call that is answered, and what its caller may see. */
interface Admission {
  readonly canSee: (groupId: number) => boolean;
}

/** The endpoints with their own quotas. */
export function createDefenderApi(options: DefenderApiOptions): DefenderApi {
  const { clock } = options;
  const windows = {
    paged: createRateWindow(options.limits.paged),
    export: createRateWindow(options.limits.export),
  };

  async function admit(request: SimulatedRequest, endpoint: 'paged' | 'export'): Promise<Reply | Admission> {
    if (request.method !== 'GET')
      return createApiErrorReply(405, 'MethodNotAllowed', 'Only GET is supported.');
    const verdict = await options.tokens.verify(request.headers.authorization);
    if (verdict.outcome !== 'valid') {
      const text = { missing: 'No bearer token', malformed: 'Invalid token', expired: 'Token is expired' };
      return createUnauthorizedReply(text[verdict.outcome]);
    }
    const { aud, roles, scp } = verdict.claims;
    if (typeof aud !== 'string' || !options.audiences.includes(aud.replace(/\/$/, ''))) {
      return createApiErrorReply(403, 'Forbidden', `The audience of the token is not valid: ${aud}.`);
    }
    if (!options.isLicensed()) return createUnauthorizedReply('No Tvm license');
    const given = Array.isArray(roles) ? roles.map(String) : [];
    const scopes = typeof scp === 'string' ? scp.split(' ') : [];
    if (!given.includes(APPLICATION_ROLE) && !scopes.includes(DELEGATED_SCOPE)) {
      return createApiErrorReply(
        403,
        'Forbidden',
        `Missing application roles. API required roles: ${APPLICATION_ROLE}, application roles: ${given.join(',')}.`,
      );
    }
    const waitSeconds = windows[endpoint].take(clock.now());
    if (waitSeconds === 0) {
      const userGroups = given.includes(APPLICATION_ROLE) ? undefined : options.getUserGroups();
      return { canSee: (groupId) => userGroups === undefined || userGroups.includes(groupId) };
    }
    return createApiErrorReply(429, 'TooManyRequests', 'API calls quota exceeded.', {
      'retry-after': String(waitSeconds),
    });
  }

  async function paged(request: SimulatedRequest): Promise<Reply> {
    const admission = await admit(request, 'paged');
    if ('status' in admission) return admission;
    const query = readQuery(request.url);
    const token = query.get('$skiptoken');
    if (token !== undefined && (query.has('$top') || query.has('$skip'))) {
      return createApiErrorReply(400, 'ODataError', 'Filter parameter is invalid.');
    }
    const { pageMaximum, oversizedPages, shortPages, emptyPages, skipTokensExpire } = options.getHabits();
    const mostRecords = oversizedPages === 'clamped' ? Number.POSITIVE_INFINITY : pageMaximum;
    const pageSize = readWholeNumber(query, 'pagesize', DEFAULT_PAGE_SIZE, mostRecords);
    const top = readWholeNumber(query, '$top', undefined, mostRecords);
    if (pageSize === 'invalid') {
      return createApiErrorReply(
        400,
        'InvalidInput',
        `pageSize must be a whole number from 1 to ${pageMaximum}.`,
      );
    }
    if (top === 'invalid') {
      return createApiErrorReply(400, 'ODataError', `$top must be a whole number from 1 to ${pageMaximum}.`);
    }
    const start =
      token === undefined
        ? { generation: options.getNewestGeneration(), place: 0, record: 0 }
        : findPagePosition(options.skipTokenKey, token);
    if (start === undefined) return createApiErrorReply(400, 'InvalidInput', 'The skip token is not valid.');
    if (skipTokensExpire && start.generation !== options.getNewestGeneration()) {
      return createApiErrorReply(400, 'BadRequest', 'The skip token has expired.');
    }
    const isEmpty = emptyPages && !start.isAfterEmpty && top === undefined;
    const text = Readable.from(
      createPage(
        start,
        top ?? Math.min(isEmpty ? 0 : Math.ceil(pageSize! / (shortPages ? 2 : 1)), pageMaximum),
        top === undefined ? pageSize! : undefined,
        admission.canSee,
      ),
      { objectMode: false, highWaterMark: CHUNK_CHARACTERS },
    );
    const headers = { 'content-type': 'application/json; odata.metadata=minimal; charset=utf-8' };
    if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')))
      return { status: 200, headers, body: text };
    return {
      status: 200,
      headers: { ...headers, 'content-encoding': 'gzip', vary: 'accept-encoding' },
      body: text.compose(createGzip({ level: constants.Z_BEST_SPEED })),
    };
  }

  /** The body in pieces; `nextPageSize` is undefined where no next link is wanted. */
  function* createPage(
    start: PagePosition,
    limit: number,
    nextPageSize: number | undefined,
    canSee: Admission['canSee'],
  ): Generator<Buffer> {
    const generation: Generation = options.inventory.getGeneration(start.generation);
    const context = `${options.baseUrl()}/api/$metadata#Collection(microsoft.windowsDefenderATP.api.AssetCertificateAssessment)`;
    let text = `{"@odata.context":${JSON.stringify(context)},"value":[`;
    let left = limit;
    let separator = '';
    let next: PagePosition | undefined;
    for (const place of listPlaces(generation, start.place, canSee)) {
      const skipped = place === start.place ? start.record : 0;
      const lines = left === 0 ? [] : generation.encode(place, options.spelling);
      const taken = lines.slice(skipped, skipped + left);
      if (taken.length > 0) text += separator + taken.join(',');
      separator = ',';
      if (left === 0 || skipped + taken.length < lines.length) {
        next = {
          generation: start.generation,
          place,
          record: skipped + taken.length,
          isAfterEmpty: limit === 0,
        };
        break;
      }
      left -= taken.length;
      if (text.length < CHUNK_CHARACTERS) continue;
      yield Buffer.from(text);
      text = '';
    }
    text += ']';
    if (next !== undefined && nextPageSize !== undefined) {
      const token = createSkipToken(options.skipTokenKey, next);
      const link = `${options.baseUrl()}/api/machines/certificateAssessmentByMachine?pagesize=${nextPageSize}&$skiptoken=${token}`;
      text += `,"@odata.nextLink":${JSON.stringify(link)}`;
    }
    yield Buffer.from(`${text}}`);
  }

  async function exportFiles(request: SimulatedRequest): Promise<Reply> {
    const admission = await admit(request, 'export');
    if ('status' in admission) return admission;
    const query = readQuery(request.url);
    const { sasMaximumHours } = options.getHabits();
    const name = query.has('$sasvalidhours') ? '$sasvalidhours' : 'sasvalidhours';
    const hours = readWholeNumber(query, name, DEFAULT_SAS_HOURS, sasMaximumHours);
    if (hours === 'invalid' || hours === undefined) {
      return createApiErrorReply(
        400,
        'InvalidInput',
        `sasValidHours must be a whole number from 1 to ${sasMaximumHours}.`,
      );
    }
    const newest = options.getNewestGeneration();
    const generatedAtMs = options.toGeneratedAtMs(newest);
    const files = options.blobs.publish(options.inventory.getGeneration(newest), {
      generatedAtMs,
      validHours: hours,
      canSee: admission.canSee,
    });
    return createJsonReply(200, {
      '@odata.context': `${options.baseUrl()}/api/$metadata#microsoft.windowsDefenderATP.api.ExportFilesResponse`,
      exportFiles: files.map((file) => options.baseUrl() + file),
      generatedTime: `${new Date(generatedAtMs).toISOString().slice(0, 19)}Z`,
    });
  }

  return { paged, export: exportFiles };
}

/** The places of the groups that a caller may see, from `from` on. */
function* listPlaces(generation: Generation, from: number, canSee: Admission['canSee']): Generator<number> {
  for (const part of generation.parts) {
    if (!canSee(part.groupId)) continue;
    for (let place = Math.max(part.from, from); place < part.to; place++) yield place;
  }
}

function createUnauthorizedReply(reason: string): Reply {
  return createApiErrorReply(401, 'Unauthorized', `Unauthorized request - reason of failure: ${reason}`, {
    'www-authenticate':
      'Bearer authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"',
  });
}

/** OData reads the names of parameters without regard to case. */
function readQuery(url: URL): ReadonlyMap<string, string> {
  return new Map([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]));
}

function readWholeNumber<Fallback extends number | undefined>(
  query: ReadonlyMap<string, string>,
  name: string,
  fallback: Fallback,
  maximum: number,
): number | Fallback | 'invalid' {
  const text = query.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= maximum ? value : 'invalid';
}
