/**
 * What the contenders of the queries benchmark are asked. Three kinds: `page`, every order without a filter, from its
 * start and from a cursor in the middle; `range`, the rows of an interval of the order's own column; `compound`, in
 * `compound-questions.ts`.
 */

import { DAY_SECONDS } from '../../src/core/units.ts';
import type { CertificateFilter } from '../../src/snapshot/filter.ts';
import type {
  CertificateOrderField,
  DeviceOrderField,
  InstallationOrderField,
} from '../../src/snapshot/row-orders.ts';
import { AT_SECONDS } from '../inventory/instant.ts';
import { createCompoundQuestions } from './compound-questions.ts';
import type { Question } from './question.ts';

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
  return [...createPages(), ...createRanges(), ...createCompoundQuestions()];
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
