/**
 * The export files as a competent loader for SQLite would gather them: one pass of `JSON.parse`, each distinct
 * device, certificate and path kept once, each record as three numbers.
 */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** A record as the files spell it. */
export interface WireRecord {
  readonly DeviceId: string;
  readonly DeviceName: string;
  readonly Path: string;
  readonly Thumbprint: string;
  readonly SignatureAlgorithm: string;
  readonly KeySize: number;
  readonly ExpirationDate: string;
  readonly IssueDate: string;
  readonly SubjectType: string;
  readonly IssuedTo: string;
  readonly IssuedBy: string;
  readonly RbacGroupId: number;
  readonly RbacGroupName: string;
}

export interface InternedRecords {
  /** Thumbprint → place of appearance, from 0. */
  readonly certificates: ReadonlyMap<string, number>;
  /** By place: the first record of each certificate. */
  readonly certificateRecords: readonly WireRecord[];
  /** Device id → place of appearance. */
  readonly devices: ReadonlyMap<string, number>;
  /** By place: the first record of each device. */
  readonly deviceRecords: readonly WireRecord[];
  /** Path → place of appearance. */
  readonly paths: ReadonlyMap<string, number>;
  readonly length: number;
  /** Places of device, certificate and path of each record, one after the other. */
  readonly records: Uint32Array;
}

const CHUNK_BYTES = 1_048_576;

export async function internRecords(files: readonly string[]): Promise<InternedRecords> {
  const certificates = new Map<string, number>();
  const certificateRecords: WireRecord[] = [];
  const devices = new Map<string, number>();
  const deviceRecords: WireRecord[] = [];
  const paths = new Map<string, number>();
  let records = new Uint32Array(3 * 1_048_576);
  let length = 0;
  for (const file of files) {
    const input = createReadStream(file, { highWaterMark: CHUNK_BYTES }).pipe(
      createGunzip({ chunkSize: CHUNK_BYTES }),
    );
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const record = JSON.parse(line) as WireRecord;
      if (3 * length === records.length) records = grow(records);
      const device = intern(devices, record.DeviceId);
      const certificate = intern(certificates, record.Thumbprint);
      if (device === deviceRecords.length) deviceRecords.push(record);
      if (certificate === certificateRecords.length) certificateRecords.push(record);
      records[3 * length] = device;
      records[3 * length + 1] = certificate;
      records[3 * length + 2] = intern(paths, record.Path);
      length += 1;
    }
  }
  return { certificates, certificateRecords, devices, deviceRecords, paths, length, records };
}

function intern(places: Map<string, number>, key: string): number {
  const known = places.get(key);
  if (known !== undefined) return known;
  const place = places.size;
  places.set(key, place);
  return place;
}

function grow(records: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * records.length);
  larger.set(records);
  return larger;
}
