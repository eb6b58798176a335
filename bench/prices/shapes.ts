/**
 * Operations of every shape that has a price: each kind of field, filter and relation, alone and on many rows. None is
 * what anybody would ask; each shows what one part of a price takes.
 */

/** What is asked, and of how many parents. */
export interface Shape {
  readonly name: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** What is in the inventory. */
export interface ShapeFacts {
  readonly certificateIds: readonly string[];
  readonly installationIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly deviceIds: readonly string[];
}

type MakeFilter = (salt: string, facts: ShapeFacts) => unknown;
type Table = 'certificates' | 'devices' | 'installations';

const PAGE = 1_000;
const SCALARS: Readonly<Record<Table | 'rbacGroups', string>> = {
  certificates:
    'id thumbprint serialNumber signatureAlgorithm keySize notBefore notAfter lifetimeDays keyUsages validity daysUntilExpiry deviceCount installationCount isSelfSigned subjectType',
  devices: 'id deviceId name installationCount certificateCount',
  installations: 'id path storeLocation storeName',
  rbacGroups: 'id rbacGroupId name deviceCount certificateCount installationCount',
};
const NAME = '{ commonName organization organizationalUnit locality state country displayName text }';
const EVERY_FIELD = `${SCALARS.certificates} subject ${NAME} issuer ${NAME} extendedKeyUsages { oid name }`;
const FILTER_TYPES: Readonly<Record<Table, string>> = {
  certificates: 'CertificateFilter',
  devices: 'DeviceFilter',
  installations: 'InstallationFilter',
};
const INNER: Readonly<Record<Table, string>> = {
  certificates: 'thumbprint',
  devices: 'name',
  installations: 'path',
};

/** By table, name of the kind → a filter of it, another one for each salt. */
const FILTERS: Readonly<Record<Table, Readonly<Record<string, MakeFilter>>>> = {
  certificates: {
    'name eq': (salt) => ({ subject: { commonName: { eq: salt } } }),
    'key size range': (salt) => ({ keySize: { gt: Number.parseInt(salt, 16) % 3_000 } }),
    'expires in': (salt) => ({ validity: { expiresWithinDays: Number.parseInt(salt, 16) % 3_000 } }),
    'usage has': (salt) => ({ extendedKeyUsages: { has: `1.2.${Number.parseInt(salt, 16)}` } }),
    'thumbprint of thousand': (salt, { thumbprints }) => ({ thumbprint: { in: turn(thumbprints, salt) } }),
    'thumbprint none of thousand': (salt, { thumbprints }) => ({
      thumbprint: { notIn: turn(thumbprints, salt) },
    }),
    'name of thousand': (salt) => ({ subject: { commonName: { in: list(PAGE, (at) => `${salt}${at}`) } } }),
    'count of thousand': (salt) => ({
      keySize: { in: list(PAGE, (at) => at + (Number.parseInt(salt, 16) % 9_999)) },
    }),
    'subject contains': (salt) => ({ subject: { text: { contains: salt } } }),
    'subject contains, common': (salt) => ({ subject: { text: { contains: salt.at(-1) } } }),
    'display name ends with': (salt) => ({ subject: { displayName: { endsWith: salt } } }),
    'serial contains': (salt) => ({ serialNumber: { contains: salt.slice(-3) } }),
    'thumbprint contains': (salt) => ({ thumbprint: { contains: salt.slice(-3) } }),
    'algorithm contains': (salt) => ({ signatureAlgorithm: { contains: salt.at(-1) } }),
    'some installation': (salt) => ({ installations: { some: { storeName: { ne: salt } } } }),
    'some, path contains': (salt) => ({ installations: { some: { path: { contains: salt.slice(-2) } } } }),
    'no installation on device': (salt) => ({
      installations: { none: { device: { name: { contains: salt.at(-1) } } } },
    }),
    'some in some': (salt) => ({
      installations: { some: { device: { installations: { some: { path: { contains: salt.at(-1) } } } } } },
    }),
    'hundred names': (salt) => ({
      or: list(100, (at) => ({ subject: { organization: { eq: `${salt}${at}` } } })),
    }),
    'hundred ranges': (salt) => ({ or: list(100, (at) => ({ keySize: { lt: at + salt.charCodeAt(5) } })) }),
  },
  devices: {
    'name eq': (salt) => ({ name: { eq: salt } }),
    'name contains': (salt) => ({ name: { contains: salt.at(-1) } }),
    'count range': (salt) => ({ certificateCount: { gt: Number.parseInt(salt, 16) % 200 } }),
    'group name': (salt) => ({ rbacGroup: { name: { ne: salt } } }),
    'id of thousand': (salt, { deviceIds }) => ({ deviceId: { in: turn(deviceIds, salt) } }),
    'no installation, path contains': (salt) => ({
      installations: { none: { path: { contains: salt.slice(-2) } } },
    }),
    'some certificate': (salt) => ({
      installations: { some: { certificate: { keySize: { gt: Number.parseInt(salt, 16) % 3_000 } } } },
    }),
  },
  installations: {
    'store eq': (salt) => ({ storeName: { ne: salt } }),
    'path eq': (salt) => ({ path: { eq: salt } }),
    'path starts with': (salt) => ({ path: { startsWith: salt.at(-1) } }),
    'path contains': (salt) => ({ path: { contains: salt } }),
    'path contains, common': (salt) => ({ path: { contains: salt.slice(-1) } }),
    'path ends with': (salt) => ({ path: { endsWith: salt.slice(-1) } }),
    'path of thousand': (salt) => ({ path: { in: list(PAGE, (at) => `${salt}${at}`) } }),
    'certificate range': (salt) => ({
      certificate: { keySize: { gt: Number.parseInt(salt, 16) % 3_000 } },
    }),
    'certificate contains': (salt) => ({ certificate: { subject: { text: { contains: salt.at(-1) } } } }),
    'device name': (salt) => ({ device: { name: { ne: salt } } }),
    'certificate and device': (salt) => ({
      certificate: { keySize: { gt: Number.parseInt(salt, 16) % 3_000 } },
      device: { name: { contains: salt.at(-1) } },
    }),
    'certificate with some': (salt) => ({
      certificate: { installations: { some: { path: { contains: salt.slice(-1) } } } },
    }),
  },
};

/** Where rows of one table hang on rows of another. */
const RELATIONS: readonly (readonly [of: Table | 'rbacGroups', field: Table])[] = [
  ['certificates', 'installations'],
  ['certificates', 'devices'],
  ['devices', 'installations'],
  ['devices', 'certificates'],
  ['rbacGroups', 'devices'],
  ['rbacGroups', 'certificates'],
];

const ORDERS: Readonly<Record<Table, readonly string[]>> = {
  certificates: ['NOT_AFTER', 'SUBJECT', 'DEVICE_COUNT'],
  devices: ['NAME', 'CERTIFICATE_COUNT'],
  installations: ['NOT_AFTER', 'PATH'],
};

/** @param salt hex digits, at least eight: another for each time, where something worked out before would help */
export function createShapes(facts: ShapeFacts, salt: string): Shape[] {
  return [
    ...createRows(facts),
    ...createRelations(),
    ...createFiltered(facts, salt),
    ...createParents(facts, salt),
  ];
}

function createRows({ certificateIds, installationIds, thumbprints }: ShapeFacts): Shape[] {
  const rows = Object.entries(SCALARS).flatMap(([table, fields]) => [
    plain(`${table}, one field`, `${table}(first: ${PAGE}) { nodes { id } }`),
    plain(`${table}, no field`, `${table}(first: ${PAGE}) { nodes { __typename } }`),
    plain(`${table}, edges`, `${table}(first: ${PAGE}) { edges { cursor node { id } } }`),
    ...fields
      .split(' ')
      .map((field) =>
        plain(
          `${table}, ${field} × 20`,
          `${table}(first: ${PAGE}) { nodes { ${repeat(20, (at) => `a${at}: ${field}`)} } }`,
        ),
      ),
  ]);
  return [
    ...rows,
    plain('certificates, every field', `certificates(first: ${PAGE}) { nodes { ${EVERY_FIELD} } }`),
    plain('certificates, names', `certificates(first: ${PAGE}) { nodes { subject ${NAME} issuer ${NAME} } }`),
    plain(
      'certificates, usages',
      `certificates(first: ${PAGE}) { nodes { extendedKeyUsages { oid name } } }`,
    ),
    plain(
      'installations, both relations',
      `installations(first: ${PAGE}) { nodes { path certificate { thumbprint notAfter } device { name } } }`,
    ),
    plain('devices, groups', `devices(first: ${PAGE}) { nodes { name rbacGroup { name } } }`),
    {
      name: 'nodes by ids',
      query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      variables: { ids: certificateIds },
    },
    {
      name: 'nodes by ids of installations',
      query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Installation { path } } }',
      variables: { ids: installationIds },
    },
    {
      name: 'nodes by ids of nothing',
      query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      variables: { ids: list(PAGE, (at) => `nothing${at}`) },
    },
    plain(
      'twenty look-ups',
      repeat(20, (at) => `a${at}: certificate(thumbprint: "${thumbprints[at]}") { id }`),
    ),
    plain('the schema', '__schema { types { name fields { name type { name } } } }'),
  ];
}

function createRelations(): Shape[] {
  return RELATIONS.flatMap(([of, field]) => {
    const within = (name: string, given: string, inner: string, parents = PAGE): Shape =>
      plain(
        `${of}, ${field}: ${name}`,
        `${of}(first: ${parents}) { nodes { ${field}${given} { ${inner} } } }`,
      );
    return [
      within('number', '', 'totalCount'),
      within('no row', '(first: 0)', 'pageInfo { hasNextPage }'),
      within('one row', '(first: 1)', `nodes { ${INNER[field]} }`),
      within('ten rows', '(first: 10)', `nodes { ${INNER[field]} }`),
      within('fifty rows', '', `nodes { ${INNER[field]} }`),
      within('all rows', `(first: ${PAGE})`, `nodes { ${INNER[field]} }`, 100),
      within('ten edges', '(first: 10)', `edges { cursor node { ${INNER[field]} } }`),
      within('a wrong page', '(first: -1)', 'totalCount'),
      ...ORDERS[field].map((order) =>
        within(
          `one row by ${order}`,
          `(first: 1, orderBy: { field: ${order} })`,
          `nodes { ${INNER[field]} }`,
        ),
      ),
    ];
  });
}

function createFiltered(facts: ShapeFacts, salt: string): Shape[] {
  return (Object.keys(FILTERS) as Table[]).flatMap((table) =>
    Object.entries(FILTERS[table]).flatMap(([name, makeFilter]) => {
      const filtered = (where: string, body: (given: string) => string): Shape => ({
        name: `${where}: ${name}`,
        query: `query ($filter: ${FILTER_TYPES[table]}) { ${body('filter: $filter')} }`,
        variables: { filter: makeFilter(salt, facts) },
      });
      const inner = INNER[table];
      return [
        filtered(table, (given) => `${table}(first: 50, ${given}) { nodes { ${inner} } }`),
        filtered(
          `${table}, number`,
          (given) => `${table}(first: 50, ${given}) { totalCount nodes { ${inner} } }`,
        ),
        ...RELATIONS.filter(([, field]) => field === table).flatMap(([of, field]) => [
          filtered(
            `${of}, ${field}`,
            (given) => `${of}(first: 200) { nodes { ${field}(first: 5, ${given}) { nodes { ${inner} } } } }`,
          ),
          filtered(
            `${of}, ${field}, number`,
            (given) => `${of}(first: 200) { nodes { ${field}(first: 1, ${given}) { totalCount } } }`,
          ),
        ]),
      ];
    }),
  );
}

/** How much of a filter is worked out once, and how much for each parent. */
function createParents(facts: ShapeFacts, salt: string): Shape[] {
  const kinds: readonly (readonly [Table, Table, string])[] = [
    ['devices', 'installations', 'store eq'],
    ['devices', 'installations', 'path contains'],
    ['devices', 'installations', 'certificate range'],
    ['devices', 'certificates', 'name eq'],
    ['devices', 'certificates', 'subject contains'],
    ['devices', 'certificates', 'some installation'],
    ['devices', 'certificates', 'hundred names'],
  ];
  return kinds.flatMap(([of, field, name]) =>
    [1, 5, 50, 1_000].map((parents) => ({
      name: `parents ${parents}, ${of}, ${field}: ${name}`,
      query: `query ($filter: ${FILTER_TYPES[field]}) { ${of}(first: ${parents}) { nodes { ${field}(first: 5, filter: $filter) { nodes { ${INNER[field]} } } } } }`,
      variables: { filter: FILTERS[field][name]!(salt, facts) },
    })),
  );
}

function plain(name: string, fields: string): Shape {
  return { name, query: `{ ${fields} }` };
}

function list<Entry>(count: number, make: (index: number) => Entry): Entry[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function repeat(count: number, make: (index: number) => string): string {
  return list(count, make).join(' ');
}

/** A thousand of the entries, others for another salt. */
function turn(entries: readonly string[], salt: string): string[] {
  const start = Number.parseInt(salt, 16);
  return list(PAGE, (index) => entries[(start + index) % entries.length]!);
}
