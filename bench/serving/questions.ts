/**
 * What the servers of the benchmark `serving` are asked: documents with the same fields in the gateway's words and in
 * PostGraphile's, each with a cursor that no request repeats.
 */

/** `page` = 50 certificates, `bigPage` = 1,000, `nested` = 50 devices, 20 installations of each, and their certificates. */
export type QuestionName = 'page' | 'bigPage' | 'nested';

/** In whose words a server is asked. */
export type Dialect = 'gateway' | 'postgraphile';

/** A place to read on from, known to be followed by a full page. */
export interface Anchor {
  /** Of a certificate, epoch seconds. */
  readonly notAfter: number;
  readonly deviceId: string;
}

export interface Question {
  readonly title: string;
  /** Rows of the outermost list. */
  readonly rows: number;
  readonly table: 'certificates' | 'devices';
  readonly variables: Readonly<Record<string, number>>;
}

const NESTED_DEVICES = 50;
const NESTED_INSTALLATIONS = 20;

export const QUESTIONS: Readonly<Record<QuestionName, Question>> = {
  page: { title: '50 certificates', rows: 50, table: 'certificates', variables: { first: 50 } },
  bigPage: { title: '1,000 certificates', rows: 1_000, table: 'certificates', variables: { first: 1_000 } },
  nested: {
    title: '50 devices × 20 installations × certificate',
    rows: NESTED_DEVICES,
    table: 'devices',
    variables: { first: NESTED_DEVICES, installations: NESTED_INSTALLATIONS },
  },
};

/** What a list of certificates shows; about 20 KB for fifty. */
const CERTIFICATE_FIELDS = `thumbprint subject { displayName commonName } issuer { displayName }
      signatureAlgorithm keySize notBefore notAfter deviceCount installationCount`;

/** The same where names have no type of their own: their attributes are columns beside the others. */
const CERTIFICATE_COLUMNS = `thumbprint subjectDisplayName subjectCommonName issuerDisplayName
      signatureAlgorithm keySize notBefore notAfter deviceCount installationCount`;

const CERTIFICATES: Readonly<Record<Dialect, string>> = {
  gateway: `query Page($first: Int!, $after: String) {
  certificates(first: $first, after: $after, orderBy: { field: NOT_AFTER }) {
    nodes { id ${CERTIFICATE_FIELDS} }
    pageInfo { hasNextPage endCursor }
  }
}`,
  postgraphile: `query Page($first: Int!, $after: Cursor) {
  certificates: allCertificates(first: $first, after: $after, orderBy: [NOT_AFTER_ASC, THUMBPRINT_ASC]) {
    nodes { id ${CERTIFICATE_COLUMNS} }
    pageInfo { hasNextPage endCursor }
  }
}`,
};

const DEVICES: Readonly<Record<Dialect, string>> = {
  gateway: `query Nested($first: Int!, $installations: Int!, $after: String) {
  devices(first: $first, after: $after) {
    nodes {
      id deviceId name
      installations(first: $installations) {
        nodes { id path storeName certificate { id thumbprint notAfter subject { displayName } } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  postgraphile: `query Nested($first: Int!, $installations: Int!, $after: Cursor) {
  devices: allDevices(first: $first, after: $after, orderBy: [DEVICE_ID_ASC]) {
    nodes {
      id deviceId name
      installations: installationsByDevice(first: $installations, orderBy: [PRIMARY_KEY_ASC]) {
        nodes {
          id path storeName
          certificate: certificateByCertificate { id thumbprint notAfter subjectDisplayName }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
};

export function toDocument(name: QuestionName, dialect: Dialect): string {
  return (QUESTIONS[name].table === 'certificates' ? CERTIFICATES : DEVICES)[dialect];
}

/** Every installation, a thousand at a time, with what an export of the fleet would hold. */
export const WALK_ROWS = 1_000;
export const WALK_DOCUMENT = `query Walk($after: String) {
  installations(first: ${WALK_ROWS}, after: $after) {
    nodes { path storeName certificate { thumbprint notAfter } device { deviceId name } }
    pageInfo { hasNextPage endCursor }
  }
}`;
