/**
 * Filters over several columns and tables, as people ask them: names that contain something, algorithms, key sizes,
 * validity at an instant, devices that lack something. Each with the exact number of all matches.
 */

import type { CertificateFilter } from '../../src/snapshot/filter.ts';
import { AT_SECONDS } from '../inventory/instant.ts';
import type { Question } from './question.ts';

const compound = { kind: 'compound', direction: 'ASC', isDeep: false } as const;

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

export function createCompoundQuestions(): readonly Question[] {
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
