/**
 * DuckDB over the export files: `read_json` into one table, then the tables of `relational-schema.ts`.
 *
 * Its columns are declared, which spares it a second look at the files, and the order of insertion is given up
 * where nothing needs it: both are what its manual advises for speed. Indexes are left out but for keys: its own
 * advice again, since they serve point look-ups only.
 */

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** The wire's columns. Names come as JSON text, lists of usages as plain text. */
const WIRE_COLUMNS = {
  DeviceId: 'VARCHAR',
  DeviceName: 'VARCHAR',
  Path: 'VARCHAR',
  Thumbprint: 'VARCHAR',
  SignatureAlgorithm: 'VARCHAR',
  KeySize: 'INTEGER',
  ExpirationDate: 'TIMESTAMP',
  IssueDate: 'TIMESTAMP',
  SubjectType: 'VARCHAR',
  SerialNumber: 'VARCHAR',
  IssuedTo: 'VARCHAR',
  IssuedBy: 'VARCHAR',
  KeyUsage: 'VARCHAR',
  ExtendedKeyUsage: 'VARCHAR',
  RbacGroupId: 'INTEGER',
  RbacGroupName: 'VARCHAR',
};

/** How the columns of the files become known: told beforehand, or found out by DuckDB from a sample. */
export type ColumnKnowledge = 'declared' | 'detected';

/** An empty database in memory. */
export async function openDuckDb(threads: number): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    autoinstall_known_extensions: 'false',
    preserve_insertion_order: 'false',
  });
  return await instance.connect();
}

/** All records as they came, in a table `records`. */
export async function readJson(
  database: DuckDBConnection,
  paths: readonly string[],
  columns: ColumnKnowledge,
): Promise<void> {
  const files = `[${paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(', ')}]`;
  const declared = Object.entries(WIRE_COLUMNS).map(([name, type]) => `${name}: '${type}'`);
  const options = columns === 'declared' ? `, columns = {${declared.join(', ')}}` : '';
  await database.run(
    `CREATE TABLE records AS
     SELECT * FROM read_json(${files}, format = 'newline_delimited', compression = 'gzip'${options})`,
  );
}

/** The tables to query, from `records`, which is dropped. */
export async function normalize(database: DuckDBConnection): Promise<void> {
  for (const statement of NORMALIZE) await database.run(statement);
}

const attribute = (column: string, name: string): string =>
  `lower(json_extract_string(${column}, '$.${name}'))`;
const displayName = (column: string): string =>
  `coalesce(${attribute(column, 'CommonName')}, ${attribute(column, 'OrganizationalUnit')}, ${attribute(column, 'Organization')})`;

const NORMALIZE = [
  `CREATE TABLE paths AS
   SELECT (row_number() OVER (ORDER BY lower(path), path) - 1)::INTEGER AS path, path AS text
   FROM (SELECT DISTINCT Path AS path FROM records)`,
  `CREATE TABLE certificates AS
   SELECT (row_number() OVER (ORDER BY Thumbprint) - 1)::INTEGER AS certificate, Thumbprint AS thumbprint,
          ${displayName('subject')} AS subject_name,
          ${attribute('subject', 'CommonName')} AS subject_common_name,
          ${attribute('subject', 'Organization')} AS subject_organization,
          ${displayName('issuer')} AS issuer_name, ${attribute('issuer', 'CommonName')} AS issuer_common_name,
          subject_type, lower(algorithm) AS signature_algorithm, key_size,
          epoch(not_before)::BIGINT AS not_before, epoch(not_after)::BIGINT AS not_after,
          device_count::INTEGER AS device_count, installation_count::INTEGER AS installation_count
   FROM (SELECT Thumbprint, any_value(IssuedTo) AS subject, any_value(IssuedBy) AS issuer,
                any_value(lower(SubjectType)) AS subject_type, any_value(SignatureAlgorithm) AS algorithm,
                any_value(KeySize) AS key_size, any_value(IssueDate) AS not_before,
                any_value(ExpirationDate) AS not_after, count(DISTINCT DeviceId) AS device_count,
                count(*) AS installation_count
         FROM records GROUP BY Thumbprint)
   ORDER BY certificate`,
  `CREATE TABLE devices AS
   SELECT (row_number() OVER (ORDER BY DeviceId) - 1)::INTEGER AS device, DeviceId AS device_id,
          any_value(lower(DeviceName)) AS name, any_value(RbacGroupId)::VARCHAR AS rbac_group_id,
          any_value(lower(RbacGroupName)) AS rbac_group_name,
          count(DISTINCT Thumbprint)::INTEGER AS certificate_count, count(*)::INTEGER AS installation_count
   FROM records GROUP BY DeviceId ORDER BY device`,
  `CREATE TABLE installations AS
   SELECT devices.device, certificates.certificate, paths.path, certificates.not_after,
          lower(split_part(records.Path, '\\', 2)) AS store_name
   FROM records
   JOIN devices ON devices.device_id = records.DeviceId
   JOIN certificates ON certificates.thumbprint = records.Thumbprint
   JOIN paths ON paths.text = records.Path
   ORDER BY devices.device, certificates.certificate, paths.path`,
  'DROP TABLE records',
  'CREATE UNIQUE INDEX device_key ON devices (device)',
  'CREATE UNIQUE INDEX certificate_key ON certificates (certificate)',
  'ANALYZE',
];
