/**
 * SQLite over the export files, in memory, with the tables of `relational-schema.ts` and an index for every order
 * and every relation. Loaded as its manual advises: sorted rows into empty tables, one transaction, one prepared
 * statement a table, no journal, indexes afterwards.
 */

import { DatabaseSync } from 'node:sqlite';
import { KEYS, TABLES, type TableName } from '../relational-schema.ts';
import { type InternedRecords, internRecords, type WireRecord } from './interned-records.ts';

/** SQLite puts the key behind the columns of each. */
const INDEXES = [
  'certificates (thumbprint)',
  'certificates (not_after)',
  'certificates (not_before)',
  'certificates (subject_name)',
  'certificates (issuer_name)',
  'certificates (key_size)',
  'certificates (device_count)',
  'certificates (installation_count)',
  'devices (device_id)',
  'devices (name)',
  'devices (certificate_count)',
  'devices (installation_count)',
  'paths (text)',
  'installations (not_after, device, certificate, path)',
  'installations (path, device, certificate)',
];

const COUNTS = [
  `UPDATE devices SET
     certificate_count = (SELECT count(DISTINCT certificate) FROM installations WHERE device = devices.device),
     installation_count = (SELECT count(*) FROM installations WHERE device = devices.device)`,
  `UPDATE certificates SET
     device_count = (SELECT count(DISTINCT device) FROM installations WHERE certificate = certificates.certificate),
     installation_count = (SELECT count(*) FROM installations WHERE certificate = certificates.certificate)`,
];

export interface LoadedTables {
  readonly database: DatabaseSync;
  readonly phasesMs: { readonly readAndParse: number; readonly insert: number; readonly index: number };
}

/** An in-memory database that holds the files' records. */
export async function loadTables(files: readonly string[]): Promise<LoadedTables> {
  const start = performance.now();
  const records = await internRecords(files);
  const read = performance.now();
  const database = new DatabaseSync(':memory:');
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY');
  for (const table of Object.keys(TABLES) as TableName[]) database.exec(createTable(table));
  database.exec('BEGIN');
  insertAll(database, records);
  database.exec('COMMIT');
  const inserted = performance.now();
  // The counts need the way from certificate to installation; the other indexes come when all values are there.
  database.exec(
    'CREATE INDEX installations_of_certificate ON installations (certificate, device, path, store_name)',
  );
  for (const statement of COUNTS) database.exec(statement);
  for (const [number, columns] of INDEXES.entries())
    database.exec(`CREATE INDEX index_${number} ON ${columns}`);
  database.exec('ANALYZE');
  const end = performance.now();
  return {
    database,
    phasesMs: { readAndParse: read - start, insert: inserted - read, index: end - inserted },
  };
}

/** An integer key is the row id itself: the fastest look-up there is. Installations are their own index. */
function createTable(table: TableName): string {
  const columns = Object.entries(TABLES[table]).map(([name, type]) => `${name} ${type}`);
  const isPlain = table !== 'installations';
  return `CREATE TABLE ${table} (${columns.join(', ')}, PRIMARY KEY (${KEYS[table].join(', ')})) ${isPlain ? '' : 'WITHOUT ROWID'}`;
}

type SqlValue = string | number | null;

function insertAll(database: DatabaseSync, records: InternedRecords): void {
  const insertInto = (table: TableName): ((values: readonly SqlValue[]) => void) => {
    const places = Object.keys(TABLES[table]).map(() => '?');
    const statement = database.prepare(`INSERT INTO ${table} VALUES (${places.join(', ')})`);
    return (values) => void statement.run(...values);
  };
  const rankOfCertificate = rank(records.certificates, insertInto('certificates'), (_, place) =>
    toCertificate(records.certificateRecords[place]!),
  );
  const rankOfDevice = rank(records.devices, insertInto('devices'), (deviceId, place) => {
    const { DeviceName, RbacGroupId, RbacGroupName } = records.deviceRecords[place]!;
    return [deviceId, DeviceName.toLowerCase(), String(RbacGroupId), RbacGroupName.toLowerCase(), 0, 0];
  });
  const rankOfPath = rank(
    records.paths,
    insertInto('paths'),
    (path) => [path],
    (path) => path.toLowerCase(),
  );
  const notAfter = records.certificateRecords.map(({ ExpirationDate }) => toSeconds(ExpirationDate));
  const notAfterOfRank = new Float64Array(notAfter.length);
  for (const [place, certificate] of rankOfCertificate.entries())
    notAfterOfRank[certificate] = notAfter[place]!;
  const storeOfRank: string[] = new Array(rankOfPath.length);
  for (const [path, place] of records.paths)
    storeOfRank[rankOfPath[place]!] = path.split('\\')[1]!.toLowerCase();
  insertInstallations(
    records,
    { rankOfDevice, rankOfCertificate, rankOfPath, notAfterOfRank, storeOfRank },
    insertInto('installations'),
  );
}

/** Sorts the keys, inserts a row for each in that order, and gives the rank of each place. */
function rank(
  places: ReadonlyMap<string, number>,
  insert: (values: readonly SqlValue[]) => void,
  toValues: (key: string, place: number) => readonly SqlValue[],
  toSortKey: (key: string) => string = (key) => key,
): Uint32Array {
  const sorted = Array.from(places, ([key, place]) => ({ key, place, sortKey: toSortKey(key) }));
  sorted.sort((left, right) => (left.sortKey < right.sortKey ? -1 : left.sortKey > right.sortKey ? 1 : 0));
  const ranks = new Uint32Array(sorted.length);
  for (const [index, { key, place }] of sorted.entries()) {
    ranks[place] = index;
    insert([index, ...toValues(key, place)]);
  }
  return ranks;
}

function toCertificate(record: WireRecord): SqlValue[] {
  const subject = toName(record.IssuedTo);
  const issuer = toName(record.IssuedBy);
  return [
    record.Thumbprint,
    subject.displayName,
    subject.commonName,
    subject.organization,
    issuer.displayName,
    issuer.commonName,
    record.SubjectType.toLowerCase(),
    record.SignatureAlgorithm.toLowerCase(),
    record.KeySize,
    toSeconds(record.IssueDate),
    toSeconds(record.ExpirationDate),
    0,
    0,
  ];
}

function toName(json: string): Record<'displayName' | 'commonName' | 'organization', string | null> {
  const { CommonName, OrganizationalUnit, Organization } = JSON.parse(json) as Record<
    string,
    string | undefined
  >;
  return {
    displayName: (CommonName ?? OrganizationalUnit ?? Organization)?.toLowerCase() ?? null,
    commonName: CommonName?.toLowerCase() ?? null,
    organization: Organization?.toLowerCase() ?? null,
  };
}

function toSeconds(time: string): number {
  return Date.parse(time) / 1_000;
}

interface Ranks {
  readonly rankOfDevice: Uint32Array;
  readonly rankOfCertificate: Uint32Array;
  readonly rankOfPath: Uint32Array;
  readonly notAfterOfRank: Float64Array;
  readonly storeOfRank: readonly string[];
}

/** Certificate and path of one installation in one number, below 2 ** 53. */
const PATH_RANGE = 2 ** 24;

/** In the order of the primary key: by device, then by certificate and path. */
function insertInstallations(
  { length, records }: InternedRecords,
  { rankOfDevice, rankOfCertificate, rankOfPath, notAfterOfRank, storeOfRank }: Ranks,
  insert: (values: readonly SqlValue[]) => void,
): void {
  const starts = new Uint32Array(rankOfDevice.length + 1);
  for (let index = 0; index < length; index += 1) starts[rankOfDevice[records[3 * index]!]! + 1]! += 1;
  for (let device = 0; device < rankOfDevice.length; device += 1) starts[device + 1]! += starts[device]!;
  const keys = new Float64Array(length);
  const ends = starts.slice();
  for (let index = 0; index < length; index += 1) {
    const device = rankOfDevice[records[3 * index]!]!;
    const certificate = rankOfCertificate[records[3 * index + 1]!]!;
    keys[ends[device]!] = certificate * PATH_RANGE + rankOfPath[records[3 * index + 2]!]!;
    ends[device]! += 1;
  }
  for (let device = 0; device < rankOfDevice.length; device += 1) {
    for (const key of keys.subarray(starts[device], starts[device + 1]).sort()) {
      const certificate = Math.floor(key / PATH_RANGE);
      const path = key % PATH_RANGE;
      insert([device, certificate, path, notAfterOfRank[certificate]!, storeOfRank[path]!]);
    }
  }
}
