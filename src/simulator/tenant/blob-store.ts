/**
 * The blob store that export files are downloaded from: signed, expiring addresses; ranges, entity tags and
 * preconditions as Azure Blob Storage has them; errors in XML; no bearer tokens.
 */

import { createReadStream } from 'node:fs';
import type { ExportPart, Generation } from '../inventory/inventory.ts';
import { mixGuid, mixHex } from '../inventory/random.ts';
import { type BlobSigner, createBlobSigner } from './blob-signature.ts';
import type { TenantHabits } from './habits.ts';
import type { Reply, SimulatedRequest } from './reply.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { Spool, SpooledFile } from './spool.ts';

export interface BlobStoreOptions {
  readonly seed: number;
  readonly organizationId: string;
  readonly sasKey: string;
  /** Told of every signature. */
  readonly onSecret: (secret: string) => void;
  readonly getHabits: () => TenantHabits;
  readonly clock: SimulatedClock;
  readonly spool: Spool;
}

export interface Publication {
  readonly generatedAtMs: number;
  readonly validHours: number;
  /** Groups whose files are listed. */
  readonly canSee: (groupId: number) => boolean;
}

export interface BlobStore {
  /** Puts an export into a new container. @returns path and query of each file, in order */
  publish(generation: Generation, publication: Publication): readonly string[];
  /** Answers GET and HEAD on a blob. */
  answer(request: SimulatedRequest): Promise<Reply>;
}

interface Container {
  readonly generation: Generation;
  readonly generatedAtMs: number;
  readonly parts: ReadonlyMap<string, ExportPart>;
}

/** Containers kept; the oldest are cleaned up, and their files then answer 404. */
const KEPT_CONTAINERS = 200;

/** An empty store. */
export function createBlobStore(options: BlobStoreOptions): BlobStore {
  const { clock, seed } = options;
  const signer: BlobSigner = createBlobSigner(options.sasKey, options.onSecret);
  const containers = new Map<string, Container>();
  let published = 0;

  function publish(generation: Generation, publication: Publication): readonly string[] {
    const { generatedAtMs, validHours, canSee } = publication;
    const containerName = `temp-${mixGuid(seed, published++, 0xb10b)}`;
    const parts = new Map(
      generation.parts
        .filter(({ groupId }) => canSee(groupId))
        .map((part) => [toPath(containerName, generation, generatedAtMs, part), part]),
    );
    containers.set(containerName, { generation, generatedAtMs, parts });
    for (const oldest of containers.keys()) {
      if (containers.size <= KEPT_CONTAINERS) break;
      containers.delete(oldest);
    }
    const { sasStartsInMs, sasLifetimeMs } = options.getHabits();
    const startsAtMs = clock.now() + sasStartsInMs;
    const expiresAtMs = clock.now() + Math.min(validHours * 3_600_000, sasLifetimeMs);
    return [...parts.keys()].map((path) => `${path}?${signer.sign(path, startsAtMs, expiresAtMs)}`);
  }

  function toPath(
    container: string,
    generation: Generation,
    generatedAtMs: number,
    part: ExportPart,
  ): string {
    const time = new Date(generatedAtMs).toISOString();
    const partNumber = String(part.index).padStart(5, '0');
    // Spark names the parts of one job alike in every partition.
    const job = mixGuid(seed, generation.number, 0x10b);
    return (
      `/${container}/${time.slice(0, 10)}/${time.slice(11, 13)}${time.slice(14, 16)}/CertificateAssessmentExport/json/` +
      `OrgId=${options.organizationId}/_RbacGroupId=${part.groupId}/part-${partNumber}-${job}.c000.json.gz`
    );
  }

  async function answer(request: SimulatedRequest): Promise<Reply> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return createXmlError(
        405,
        'UnsupportedHttpVerb',
        'The resource does not support the specified HTTP verb.',
      );
    }
    if (request.headers.authorization !== undefined) {
      return createXmlError(
        400,
        'InvalidAuthenticationInfo',
        'Authentication information is not given in the correct format. Check the value of Authorization header.',
      );
    }
    const fault = signer.findFault(request.url, clock.now());
    if (fault !== undefined) return createAuthenticationError(fault, clock.now());
    const container = containers.get(request.url.pathname.split('/')[1] ?? '');
    const part = container?.parts.get(request.url.pathname);
    if (container === undefined || part === undefined) {
      return createXmlError(404, 'BlobNotFound', 'The specified blob does not exist.');
    }
    const file = await options.spool.get(container.generation, part);
    const tag = mixHex(2, seed, container.generation.number, part.groupId, part.index).slice(0, 12);
    return serveFile(request, file, `"0x8DE${tag.toUpperCase()}"`, container.generatedAtMs);
  }

  return { publish, answer };
}

function serveFile(request: SimulatedRequest, file: SpooledFile, etag: string, modifiedAtMs: number): Reply {
  const common = {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    etag,
    'last-modified': new Date(modifiedAtMs).toUTCString(),
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-version': '2020-08-04',
  };
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etag) {
    return createXmlError(
      412,
      'ConditionNotMet',
      'The condition specified using HTTP conditional header(s) is not met.',
    );
  }
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: null };
  const range = parseRange(request, file.sizeBytes);
  if (range === 'unsatisfiable') {
    return createXmlError(
      416,
      'InvalidRange',
      'The range specified is invalid for the current size of the resource.',
      {
        'content-range': `bytes */${file.sizeBytes}`,
      },
    );
  }
  const { start, end } = range ?? { start: 0, end: file.sizeBytes - 1 };
  const headers =
    range === undefined
      ? { ...common, 'content-length': String(file.sizeBytes), 'content-md5': file.md5 }
      : {
          ...common,
          'content-length': String(end - start + 1),
          'content-range': `bytes ${start}-${end}/${file.sizeBytes}`,
          'x-ms-blob-content-md5': file.md5,
        };
  return {
    status: range === undefined ? 200 : 206,
    headers,
    body:
      request.method === 'HEAD'
        ? null
        : createReadStream(file.path, { start, end, highWaterMark: 256 * 1024 }),
  };
}

/** Azure reads `bytes=a-b` and `bytes=a-`, prefers `x-ms-range`, and ignores what it cannot read. */
function parseRange(
  { headers }: SimulatedRequest,
  sizeBytes: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const text = headers['x-ms-range'] ?? headers.range;
  const match = typeof text === 'string' ? /^bytes=(\d+)-(\d*)$/.exec(text) : null;
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = match[2] === '' ? sizeBytes - 1 : Math.min(Number(match[2]), sizeBytes - 1);
  return start >= sizeBytes || end < start ? 'unsatisfiable' : { start, end };
}

const REQUEST_ID = '6d1f4a5e-0000-4000-a000-b10b00000001';

function createAuthenticationError(detail: string, nowMs: number): Reply {
  const message =
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly ' +
    `including the signature.\nRequestId:${REQUEST_ID}\nTime:${new Date(nowMs).toISOString()}`;
  return createXmlReply(
    403,
    'AuthenticationFailed',
    `<Message>${message}</Message><AuthenticationErrorDetail>${detail}</AuthenticationErrorDetail>`,
  );
}

function createXmlError(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return createXmlReply(status, code, `<Message>${message}\nRequestId:${REQUEST_ID}</Message>`, headers);
}

/** Azure puts a byte order mark before its XML. */
function createXmlReply(
  status: number,
  code: string,
  content: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': code, ...headers },
    body: `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code>${content}</Error>`,
  };
}
