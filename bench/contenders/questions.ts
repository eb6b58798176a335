/**
 * What the contenders of the queries benchmark are asked: pages of 50 rows, in words that an engine over a snapshot
 * and a database over `relational-schema.ts` both understand. `filter` and `sql` of a question say the same.
 *
 * Three kinds: `page`, every order without a filter, from its start and from a cursor in the middle; `range`, the rows
 * of an interval of the order's own column; `compound`, filters over several columns and tables, with the exact
 * number of all matches.
 */

import { DAY_SECONDS } from '../../src/core/units.ts';
import type { CertificateFilter, DeviceFilter, InstallationFilter } from '../../src/snapshot/filter.ts';
import type {
  CertificateOrderField,
  DeviceOrderField,
  InstallationOrderField,
} from '../../src/snapshot/row-orders.ts';
import { AT_SECONDS } from '../inventory/instant.ts';

/** A filter over a table under its own name. `contains(column, 'text')` is written as each database has it. */
export interface SqlFilter {
  /** What the filter needs besides the table. A `CROSS JOIN` with a condition tells SQLite what to begin with. */
  readonly join?: string;
  readonly where: string;
}

export type QuestionKind = 'page' | 'range' | 'compound';

interface QuestionOf<Table extends string, Filter, Field extends string> {
  readonly name: string;
  readonly kind: QuestionKind;
  readonly table: Table;
  readonly field: Field;
  readonly direction: 'ASC' | 'DESC';
  /** Whether the page begins after the row in the middle of the table's order. */
  readonly isDeep: boolean;
  readonly filter: Filter | null;
  /** The filter in SQL; `null` = all rows. */
  readonly sql: SqlFilter | null;
}

export type CertificateQuestion = QuestionOf<'certificates', CertificateFilter, CertificateOrderField>;
export type DeviceQuestion = QuestionOf<'devices', DeviceFilter, DeviceOrderField>;
export type InstallationQuestion = QuestionOf<'installations', InstallationFilter, InstallationOrderField>;
export type Question = CertificateQuestion | DeviceQuestion | InstallationQuestion;

export const PAGE_ROWS = 50;

const FIELDS = {
  certificates: [
    'THUMBPRINT',
    'NOT_AFTER',
    'NOT_BEFORE',
    'SUBJECT',
    'ISSUER',
    'KEY_SIZE',
    'DEVICE_COUNT',
    'INSTALLATION_COUNT',
  ],
  devices: ['DEVICE_ID', 'NAME', 'CERTIFICATE_COUNT', 'INSTALLATION_COUNT'],
  installations: ['DEVICE_ID', 'NOT_AFTER', 'PATH'],
} as const satisfies Record<
  string,
  readonly (CertificateOrderField | DeviceOrderField | InstallationOrderField)[]
>;

/** Every question, in the order of the report. */
export function createQuestions(): readonly Question[] {
  return [...createPages(), ...createRanges(), ...createCompounds()];
}

function createPages(): Question[] {
  return Object.entries(FIELDS).flatMap(([table, fields]) =>
    fields.flatMap((field) =>
      [false, true].map((isDeep) => {
        const name = `${table} by ${field}${isDeep ? ', from the middle' : ''}`;
        const common = { name, kind: 'page', direction: 'ASC', isDeep, filter: null, sql: null };
        return { ...common, table, field } as Question;
      }),
    ),
  );
}

const ascending = { direction: 'ASC', isDeep: false } as const;
const SOON_SECONDS = AT_SECONDS + 30 * DAY_SECONDS;

function createRanges(): Question[] {
  const soon: CertificateFilter = {
    kind: 'number',
    column: 'notAfter',
    test: { kind: 'range', minimum: AT_SECONDS, maximum: SOON_SECONDS },
  };
  const soonSql = { where: `not_after BETWEEN ${AT_SECONDS} AND ${SOON_SECONDS}` };
  return [
    {
      name: 'certificates that expire in 30 days, by NOT_AFTER',
      kind: 'range',
      table: 'certificates',
      field: 'NOT_AFTER',
      ...ascending,
      filter: soon,
      sql: soonSql,
    },
    {
      name: 'certificates on several devices, by DEVICE_COUNT',
      kind: 'range',
      table: 'certificates',
      field: 'DEVICE_COUNT',
      ...ascending,
      filter: { kind: 'number', column: 'deviceCount', test: { kind: 'range', minimum: 2 } },
      sql: { where: 'device_count >= 2' },
    },
    {
      name: 'devices with 95 to 99 installations, by INSTALLATION_COUNT, descending',
      kind: 'range',
      table: 'devices',
      field: 'INSTALLATION_COUNT',
      direction: 'DESC',
      isDeep: false,
      filter: {
        kind: 'number',
        column: 'installationCount',
        test: { kind: 'range', minimum: 95, maximum: 99 },
      },
      sql: { where: 'installation_count BETWEEN 95 AND 99' },
    },
    {
      name: 'installations whose certificate expires in 30 days, by NOT_AFTER',
      kind: 'range',
      table: 'installations',
      field: 'NOT_AFTER',
      ...ascending,
      filter: { kind: 'certificate', filter: soon },
      sql: soonSql,
    },
  ];
}

const subjectContains = (value: string): CertificateFilter => ({
  kind: 'name',
  role: 'subject',
  attribute: 'commonName',
  test: { kind: 'contains', value },
});
const current: CertificateFilter = { kind: 'validity', values: ['CURRENT'], at: AT_SECONDS };
/** The signs keep SQLite off the indexes of dates, which a test that most rows pass only slows down. */
const currentSql = `+certificates.not_before <= ${AT_SECONDS} AND +certificates.not_after >= ${AT_SECONDS}`;
const algorithm = (...values: string[]): CertificateFilter => ({
  kind: 'text',
  column: 'signatureAlgorithm',
  test: { kind: 'in', values },
});

function createCompounds(): Question[] {
  const compound = { kind: 'compound', ...ascending } as const;
  return [
    {
      ...compound,
      name: 'certificates of workstations, sha256RSA, at most 2048 bits, current, by NOT_AFTER',
      table: 'certificates',
      field: 'NOT_AFTER',
      filter: {
        kind: 'all',
        filters: [
          subjectContains('corp.northwind'),
          algorithm('sha256rsa'),
          { kind: 'number', column: 'keySize', test: { kind: 'range', maximum: 2_048 } },
          current,
        ],
      },
      sql: {
        where: `contains(subject_common_name, 'corp.northwind') AND signature_algorithm = 'sha256rsa'
                AND +key_size <= 2048 AND ${currentSql}`,
      },
    },
    {
      ...compound,
      name: 'weak certificates (sha1, md5 or under 2048 bits) still current, by SUBJECT',
      table: 'certificates',
      field: 'SUBJECT',
      filter: {
        kind: 'all',
        filters: [
          {
            kind: 'any',
            filters: [
              algorithm('sha1rsa', 'md5rsa'),
              {
                kind: 'all',
                filters: [
                  { kind: 'number', column: 'keySize', test: { kind: 'lessThan', value: 2_048 } },
                  {
                    kind: 'not',
                    filter: {
                      kind: 'text',
                      column: 'signatureAlgorithm',
                      test: { kind: 'contains', value: 'ecdsa' },
                    },
                  },
                ],
              },
            ],
          },
          current,
        ],
      },
      sql: {
        where: `(signature_algorithm IN ('sha1rsa', 'md5rsa')
                 OR (key_size < 2048 AND NOT contains(signature_algorithm, 'ecdsa'))) AND ${currentSql}`,
      },
    },
    {
      ...compound,
      name: 'certificates of one host name, few of many, by ISSUER',
      table: 'certificates',
      field: 'ISSUER',
      filter: { kind: 'all', filters: [subjectContains('-000077'), current] },
      sql: { where: `contains(subject_common_name, '-000077') AND ${currentSql}` },
    },
    {
      ...compound,
      name: 'certificates that no name contains, by DEVICE_COUNT',
      table: 'certificates',
      field: 'DEVICE_COUNT',
      filter: subjectContains('no such host'),
      sql: { where: "contains(subject_common_name, 'no such host')" },
    },
    {
      ...compound,
      name: 'installations in My of current sha256RSA certificates of workstations, by NOT_AFTER',
      table: 'installations',
      field: 'NOT_AFTER',
      filter: {
        kind: 'all',
        filters: [
          { kind: 'text', column: 'storeName', test: { kind: 'in', values: ['my'] } },
          {
            kind: 'certificate',
            filter: { kind: 'all', filters: [subjectContains('northwind'), algorithm('sha256rsa'), current] },
          },
        ],
      },
      sql: {
        join: 'JOIN certificates USING (certificate)',
        where: `store_name = 'my' AND contains(subject_common_name, 'northwind')
                AND signature_algorithm = 'sha256rsa' AND ${currentSql}`,
      },
    },
    {
      ...compound,
      name: 'installations of expired certificates on servers, by DEVICE_ID',
      table: 'installations',
      field: 'DEVICE_ID',
      filter: {
        kind: 'all',
        filters: [
          {
            kind: 'certificate',
            filter: { kind: 'validity', values: ['EXPIRED'], at: AT_SECONDS },
          },
          {
            kind: 'device',
            filter: { kind: 'rbacGroup', column: 'name', test: { kind: 'contains', value: 'server' } },
          },
        ],
      },
      sql: {
        join: 'JOIN devices USING (device)',
        where: `installations.not_after < ${AT_SECONDS} AND contains(rbac_group_name, 'server')`,
      },
    },
    {
      ...compound,
      name: 'devices that lack a root of ISRG, by NAME',
      table: 'devices',
      field: 'NAME',
      filter: {
        kind: 'installations',
        quantifier: 'none',
        filter: {
          kind: 'certificate',
          filter: { kind: 'all', filters: [subjectContains('isrg root x1'), current] },
        },
      },
      sql: {
        where: `device NOT IN (
                  SELECT installations.device FROM certificates CROSS JOIN installations
                  WHERE installations.certificate = certificates.certificate AND contains(subject_common_name, 'isrg root x1') AND ${currentSql})`,
      },
    },
    {
      ...compound,
      name: 'workstations without any current machine certificate, by INSTALLATION_COUNT',
      table: 'devices',
      field: 'INSTALLATION_COUNT',
      filter: {
        kind: 'all',
        filters: [
          { kind: 'rbacGroup', column: 'name', test: { kind: 'contains', value: 'workstations' } },
          {
            kind: 'installations',
            quantifier: 'none',
            filter: {
              kind: 'all',
              filters: [
                { kind: 'text', column: 'storeName', test: { kind: 'in', values: ['my'] } },
                {
                  kind: 'certificate',
                  filter: { kind: 'all', filters: [current, algorithm('sha256ecdsa')] },
                },
              ],
            },
          },
        ],
      },
      sql: {
        where: `contains(rbac_group_name, 'workstations') AND device NOT IN (
                  SELECT installations.device FROM certificates CROSS JOIN installations
                  WHERE installations.certificate = certificates.certificate AND store_name = 'my' AND signature_algorithm = 'sha256ecdsa' AND ${currentSql})`,
      },
    },
    {
      ...compound,
      name: 'certificates on some server in the store Root, RSA of at least 4096 bits, by INSTALLATION_COUNT',
      table: 'certificates',
      field: 'INSTALLATION_COUNT',
      filter: {
        kind: 'all',
        filters: [
          { kind: 'number', column: 'keySize', test: { kind: 'range', minimum: 4_096 } },
          {
            kind: 'installations',
            quantifier: 'some',
            filter: {
              kind: 'all',
              filters: [
                { kind: 'text', column: 'storeName', test: { kind: 'in', values: ['root'] } },
                {
                  kind: 'device',
                  filter: { kind: 'rbacGroup', column: 'name', test: { kind: 'in', values: ['servers'] } },
                },
              ],
            },
          },
        ],
      },
      sql: {
        where: `key_size >= 4096 AND certificate IN (
                  SELECT installations.certificate FROM installations JOIN devices USING (device)
                  WHERE store_name = 'root' AND rbac_group_name = 'servers')`,
      },
    },
  ];
}
