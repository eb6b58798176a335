/**
 * The tables that both databases get: the same normalisation as the gateway's, with integer keys in the order of
 * the identities, folded text beside text, and counts worked out once. Fair to them, and to us: nothing here is
 * left to the query that could be done at load.
 */

/** Columns of each table in the order of insertion, with SQL types that both databases take. */
export const TABLES = {
  /** `certificate`: rank by thumbprint. */
  certificates: {
    certificate: 'INTEGER',
    thumbprint: 'VARCHAR',
    subject_name: 'VARCHAR',
    subject_common_name: 'VARCHAR',
    subject_organization: 'VARCHAR',
    issuer_name: 'VARCHAR',
    issuer_common_name: 'VARCHAR',
    subject_type: 'VARCHAR',
    signature_algorithm: 'VARCHAR',
    key_size: 'INTEGER',
    not_before: 'BIGINT',
    not_after: 'BIGINT',
    device_count: 'INTEGER',
    installation_count: 'INTEGER',
  },
  /** `device`: rank by device id. */
  devices: {
    device: 'INTEGER',
    device_id: 'VARCHAR',
    name: 'VARCHAR',
    rbac_group_id: 'VARCHAR',
    rbac_group_name: 'VARCHAR',
    certificate_count: 'INTEGER',
    installation_count: 'INTEGER',
  },
  /** `path`: rank by folded text. */
  paths: { path: 'INTEGER', text: 'VARCHAR' },
  installations: {
    device: 'INTEGER',
    certificate: 'INTEGER',
    path: 'INTEGER',
    not_after: 'BIGINT',
    store_name: 'VARCHAR',
  },
} as const;

/** `thumbprint`, `device_id` and `paths.text` are as reported; all other text is folded to lower case. */
export type TableName = keyof typeof TABLES;

/** The key of each table: its rows are sorted by it. */
export const KEYS = {
  certificates: ['certificate'],
  devices: ['device'],
  paths: ['path'],
  installations: ['device', 'certificate', 'path'],
} as const;

/** The sums of {@link IngestSummary} from these tables, in one row. */
export const SUMMARY_SQL = `
  SELECT (SELECT count(*) FROM installations) AS installations,
         (SELECT count(*) FROM certificates) AS certificates,
         (SELECT count(*) FROM devices) AS devices,
         (SELECT sum(key_size) FROM installations JOIN certificates USING (certificate)) AS sumOfKeySizes,
         (SELECT sum(not_after) FROM certificates) AS sumOfNotAfter`;
