/**
 * The published snapshot as tables of PostgreSQL: integer keys in the order of the identities, counts and display names
 * worked out beforehand, names as columns beside what they are names of, and an index for each order and relation asked for.
 */

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import type { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { POSTGRES_USER, type Postgres } from './postgres.ts';

const TABLES = {
  certificates: `
    certificate integer PRIMARY KEY,
    thumbprint text NOT NULL UNIQUE,
    subject_display_name text, subject_common_name text, issuer_display_name text,
    signature_algorithm text,
    key_size integer,
    not_before timestamptz,
    not_after timestamptz NOT NULL,
    device_count integer NOT NULL,
    installation_count integer NOT NULL`,
  devices: `
    device integer PRIMARY KEY,
    device_id text NOT NULL UNIQUE,
    name text`,
  installations: `
    device integer NOT NULL,
    installation integer NOT NULL,
    certificate integer NOT NULL,
    path text NOT NULL,
    store_name text,
    PRIMARY KEY (device, installation)`,
} as const;

const INDEXES = [
  'CREATE UNIQUE INDEX ON certificates (not_after, thumbprint)',
  'CREATE INDEX ON installations (certificate)',
  'ALTER TABLE installations ADD FOREIGN KEY (device) REFERENCES devices',
  'ALTER TABLE installations ADD FOREIGN KEY (certificate) REFERENCES certificates',
];

type Value = string | number | null;

/** Makes and fills the tables. */
export async function loadTables(snapshot: Snapshot, postgres: Postgres): Promise<void> {
  const client = new pg.Client({ host: postgres.socketFolder, user: POSTGRES_USER, database: 'postgres' });
  await client.connect();
  try {
    for (const [table, columns] of Object.entries(TABLES))
      await client.query(`CREATE TABLE ${table} (${columns})`);
    const rows = { certificates: certificateRows, devices: deviceRows, installations: installationRows };
    for (const [table, toRows] of Object.entries(rows)) {
      const file = join(postgres.folder, `${table}.csv`);
      await pipeline(Readable.from(toLines(toRows(snapshot))), createWriteStream(file));
      await client.query(`COPY ${table} FROM '${file}' WITH (FORMAT csv)`);
    }
    for (const statement of INDEXES) await client.query(statement);
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

const LINES_PER_CHUNK = 1_000;

function* toLines(rows: Iterable<readonly Value[]>): Generator<string> {
  let lines: string[] = [];
  for (const row of rows) {
    lines.push(row.map(toField).join(','));
    if (lines.length < LINES_PER_CHUNK) continue;
    yield `${lines.join('\n')}\n`;
    lines = [];
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}

/** No quotes: NULL. */
function toField(value: Value): string {
  return typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value ?? '');
}

function* certificateRows({ certificates, names }: Snapshot): Generator<readonly Value[]> {
  const toDisplayName = (name: number | null): Value => (name === null ? null : names.displayName(name));
  const toCommonName = (name: number | null): Value =>
    name === null ? null : names.attribute(name, 'commonName');
  for (let row = 0; row < certificates.length; row += 1) {
    yield [
      row,
      certificates.thumbprint(row),
      toDisplayName(certificates.subject(row)),
      toCommonName(certificates.subject(row)),
      toDisplayName(certificates.issuer(row)),
      certificates.signatureAlgorithm(row),
      certificates.keySize(row),
      toInstant(certificates.notBefore(row)),
      toInstant(certificates.notAfter(row)),
      certificates.deviceCount(row),
      certificates.installationCount(row),
    ];
  }
}

function* deviceRows({ devices }: Snapshot): Generator<readonly Value[]> {
  for (let row = 0; row < devices.length; row += 1) yield [row, devices.deviceId(row), devices.name(row)];
}

function* installationRows({ installations }: Snapshot): Generator<readonly Value[]> {
  for (let row = 0; row < installations.length; row += 1) {
    yield [
      installations.deviceRow(row),
      row,
      installations.certificateRow(row),
      installations.path(row),
      installations.storeName(row),
    ];
  }
}

function toInstant(seconds: number | null): string | null {
  return seconds === null ? null : new Date(seconds * 1_000).toISOString();
}
