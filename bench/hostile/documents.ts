/**
 * What hostile callers write: documents that ask for too much, each in a way of its own, and documents that are as
 * large as a gateway still admits. All are made for the schema of the gateway, and change from one request to the
 * next where something worked out before would help.
 */

/** An operation as it stands in the body of a request. */
export interface Operation {
  readonly query: string;
  readonly variables?: unknown;
  /** The variables as they stand in the body, where no value could be written so. */
  readonly variablesText?: string;
}

/** The body of a POST. */
export function toBody({ query, variables = null, variablesText }: Operation): string {
  return `{"query":${JSON.stringify(query)},"variables":${variablesText ?? JSON.stringify(variables)}}`;
}

/** What is in the inventory: hostile callers know real things to ask for. */
export interface InventoryFacts {
  readonly certificateIds: readonly string[];
  readonly thumbprints: readonly string[];
}

/** @param salt a short text of hex digits, another for each request */
type MakeOperation = (facts: InventoryFacts, salt: string) => Operation;

/** Far over any limit that a list, a page or a document has. */
const MANY = 2_000;
const PAGE = 1_000;

const SCALARS =
  'id thumbprint serialNumber signatureAlgorithm keySize notBefore notAfter lifetimeDays keyUsages validity daysUntilExpiry deviceCount installationCount isSelfSigned subjectType';
const NAME = '{ commonName organization organizationalUnit locality state country displayName text }';
const EVERY_FIELD = `${SCALARS} subject ${NAME} issuer ${NAME} extendedKeyUsages { oid name }`;

/** Name of the kind → its operation. Each is over a limit, or should be. */
export const EXCESSES: Readonly<Record<string, MakeOperation>> = {
  'deep nesting': () => ({ query: nest(40, 1) }),
  'deep pages': () => ({ query: nest(6, PAGE) }),
  'wide selection': () => ({ query: `{ certificates(first: ${PAGE}) { nodes { ${EVERY_FIELD} } } }` }),
  'thousand by thousand': () => ({
    query: `{ devices(first: ${PAGE}) { nodes { name installations(first: ${PAGE}) { nodes { path certificate { thumbprint } } } } } }`,
  }),
  'aliased names of types': () => ({ query: `{ ${repeat(MANY, (index) => `a${index}: __typename`)} }` }),
  'aliased roots': () => ({
    query: `{ ${repeat(100, (index) => `a${index}: certificates(first: ${PAGE}) { nodes { thumbprint } }`)} }`,
  }),
  'repeated field': () => ({ query: `{ certificates { nodes { ${'thumbprint '.repeat(MANY)} } } }` }),
  'overlapping fields': () => ({
    query: `{ ${repeat(500, () => 'certificates { nodes { subject { text } issuer { text } } }')} }`,
  }),
  'repeated directives': () => ({ query: `{ viewer { kind ${'@include(if: true) '.repeat(MANY)} } }` }),
  'unknown fields': () => ({
    query: `{ certificates { nodes { ${repeat(MANY, (index) => `thumbprinte${index}`)} } } }`,
  }),
  'fragments that double': () => ({ query: doubleFragments(30) }),
  'fragments in a circle': () => ({
    query:
      '{ certificates { nodes { ...A } } } fragment A on Certificate { ...B } fragment B on Certificate { ...A }',
  }),
  'brackets without end': () => ({ query: '{a'.repeat(100_000) }),
  'circular introspection': () => ({ query: `{ __schema { types { ${introspect(8)} } } }` }),
  'whole introspection, aliased': () => ({
    query: `{ ${repeat(50, (index) => `a${index}: __schema { types { name fields { name type { name ofType { name } } } } }`)} }`,
  }),
  'nodes by id': ({ certificateIds }) => ({
    query:
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Certificate { thumbprint installations(first: 1000) { nodes { device { name } } } } } }',
    variables: { ids: fill(certificateIds, PAGE) },
  }),
  'nodes by ids of nothing': (_facts, salt) => ({
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids: list(PAGE, (index) => `${salt}${index}`) },
  }),
  'list of two thousand': ({ thumbprints }) => filtered({ thumbprint: { in: fill(thumbprints, MANY) } }),
  'lists of a thousand': ({ thumbprints }) =>
    filtered({
      or: list(20, (index) => ({ thumbprint: { notIn: rotate(fill(thumbprints, PAGE), index) } })),
    }),
  'texts to search': (_facts, salt) =>
    filtered({
      or: list(200, (index) => ({
        subject: { text: { contains: `${salt}${index}` }, organization: { endsWith: `${index}${salt}` } },
        issuer: { text: { contains: `${index}${salt}` } },
      })),
    }),
  'quantifiers in quantifiers': (_facts, salt) =>
    filtered({
      or: list(50, (index) => ({
        installations: {
          some: {
            path: { contains: `${salt}${index}` },
            device: { installations: { none: { path: { endsWith: `${index}${salt}` } } } },
          },
        },
      })),
    }),
  'filters that deny': (_facts, salt) =>
    filtered({
      not: {
        and: list(100, (index) => ({
          not: { not: { serialNumber: { contains: `${salt}${index}` }, keySize: { ne: index } } },
        })),
      },
    }),
  'filters without end': () => ({
    query: FILTERED,
    variablesText: `{"filter":${'{"and":['.repeat(50_000)}${']}'.repeat(50_000)}}`,
  }),
  'filter on every row': (_facts, salt) => ({
    query: `{ devices(first: ${PAGE}) { nodes { installations(filter: { path: { contains: "${salt}" } }) { totalCount } certificates(filter: { subject: { text: { contains: "${salt}" } } }) { totalCount } } } }`,
  }),
};

/** An operation that can be made larger, until the gateway refuses it. */
export interface Edge {
  /** The largest size that is tried. */
  readonly ceiling: number;
  readonly operation: (size: number, facts: InventoryFacts, salt: string) => Operation;
}

/** Name of the kind → what grows. The size just below the limit is found by asking, whatever the limits are set to. */
export const EDGES: Readonly<Record<string, Edge>> = {
  'admitted rows': {
    ceiling: PAGE,
    operation: (size) => ({
      query: `{ devices(first: ${size}) { nodes { name deviceId installations(first: 100) { nodes { path storeName certificate { thumbprint notAfter } } } } } }`,
    }),
  },
  'admitted fields': {
    ceiling: PAGE,
    operation: (size) => ({ query: `{ certificates(first: ${size}) { nodes { ${EVERY_FIELD} } } }` }),
  },
  'admitted depth': { ceiling: 40, operation: (size) => ({ query: nest(size, 2) }) },
  'admitted aliases': {
    ceiling: PAGE,
    operation: (size, { thumbprints }) => ({
      query: `{ ${repeat(size, (index) => `a${index}: certificate(thumbprint: "${thumbprints[index % thumbprints.length]}") { ${SCALARS} }`)} }`,
    }),
  },
  'admitted counts': {
    ceiling: 200,
    operation: (size, _facts, salt) => ({
      query: `{ ${repeat(size, (index) => `a${index}: certificates(first: 0, filter: { subject: { text: { contains: "${salt}${index}" } } }) { totalCount }`)} }`,
    }),
  },
  'admitted texts': {
    ceiling: 500,
    operation: (size, _facts, salt) =>
      filtered({ or: list(size, (index) => ({ subject: { text: { contains: `${salt}${index}` } } })) }),
  },
  'admitted quantifiers': {
    ceiling: 100,
    operation: (size, _facts, salt) =>
      filtered({
        or: list(size, (index) => ({
          installations: {
            some: {
              path: { contains: `${salt}${index}` },
              device: { installations: { none: { path: { endsWith: `${index}${salt}` } } } },
            },
          },
        })),
      }),
  },
  'admitted filters of rows': {
    ceiling: PAGE,
    operation: (size, _facts, salt) => ({
      query: `{ devices(first: ${size}) { nodes { installations(first: 1, filter: { path: { contains: "${salt}" } }) { totalCount } } } }`,
    }),
  },
};

const FILTERED =
  'query ($filter: CertificateFilter) { certificates(first: 50, filter: $filter) { totalCount nodes { thumbprint } } }';

function filtered(filter: unknown): Operation {
  return { query: FILTERED, variables: { filter } };
}

/** Certificate → installations → certificate …, so many pages in each other. */
function nest(levels: number, pageSize: number): string {
  let inner = 'thumbprint';
  for (let level = 1; level < levels; level += 1) {
    inner = `thumbprint installations(first: ${pageSize}) { nodes { certificate { ${inner} } } }`;
  }
  return `{ certificates(first: ${pageSize}) { nodes { ${inner} } } }`;
}

/** Each fragment holds the next one twice: two to the power of their number when they are written out. */
function doubleFragments(count: number): string {
  const half = (index: number, alias: string): string =>
    `${alias}: installations(first: 1) { nodes { certificate { ...F${index + 1} } } }`;
  const fragments = repeat(
    count,
    (index) => `fragment F${index} on Certificate { ${half(index, 'a')} ${half(index, 'b')} }`,
  );
  return `{ certificates { nodes { ...F0 } } } ${fragments} fragment F${count} on Certificate { thumbprint }`;
}

function introspect(levels: number): string {
  return levels === 0 ? 'name' : `name fields { type { ${introspect(levels - 1)} } }`;
}

function list<Entry>(count: number, make: (index: number) => Entry): Entry[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function repeat(count: number, make: (index: number) => string): string {
  return list(count, make).join(' ');
}

/** So many entries, from the beginning again when they run out. */
function fill<Entry>(entries: readonly Entry[], count: number): Entry[] {
  return list(count, (index) => entries[index % entries.length]!);
}

function rotate<Entry>(entries: readonly Entry[], by: number): Entry[] {
  return [...entries.slice(by), ...entries.slice(0, by)];
}
