/**
 * X.501 distinguished names as text (RFC 4514), and the six attributes that the API serves.
 *
 * One name has one text: the attributes are a function of it, so that a name that came as an object and
 * the same name that came as its text are the same name.
 */

export const NAME_ATTRIBUTES = [
  'commonName',
  'organizationalUnit',
  'organization',
  'locality',
  'state',
  'country',
] as const;

export type NameAttribute = (typeof NAME_ATTRIBUTES)[number];

/** The first value of each attribute that the name has; `null` where it has none. */
export type DistinguishedNameParts = Readonly<Record<NameAttribute, string | null>>;

/** Short names of RFC 4514 section 3, in the order in which a name is written from its parts. */
const SHORT_NAME: Readonly<Record<NameAttribute, string>> = {
  commonName: 'CN',
  organizationalUnit: 'OU',
  organization: 'O',
  locality: 'L',
  state: 'ST',
  country: 'C',
};

/** Attribute types as they occur on the wire, folded: RFC 4514 short names, X.520 names, OIDs, Windows' own. */
const ATTRIBUTE_OF: ReadonlyMap<string, NameAttribute> = new Map([
  ['cn', 'commonName'],
  ['commonname', 'commonName'],
  ['2.5.4.3', 'commonName'],
  ['ou', 'organizationalUnit'],
  ['organizationalunit', 'organizationalUnit'],
  ['organizationalunitname', 'organizationalUnit'],
  ['organizationunit', 'organizationalUnit'],
  ['2.5.4.11', 'organizationalUnit'],
  ['o', 'organization'],
  ['organization', 'organization'],
  ['organizationname', 'organization'],
  ['2.5.4.10', 'organization'],
  ['l', 'locality'],
  ['locality', 'locality'],
  ['localityname', 'locality'],
  ['2.5.4.7', 'locality'],
  ['st', 'state'],
  ['s', 'state'],
  ['state', 'state'],
  ['stateorprovince', 'state'],
  ['stateorprovincename', 'state'],
  ['2.5.4.8', 'state'],
  ['c', 'country'],
  ['country', 'country'],
  ['countryname', 'country'],
  ['2.5.4.6', 'country'],
]);

/** The attribute that a key or attribute type means, ignoring case, or `undefined` for one we do not serve. */
export function findNameAttribute(type: string): NameAttribute | undefined {
  const folded = type.trim().toLowerCase();
  return ATTRIBUTE_OF.get(folded.startsWith('oid.') ? folded.slice(4) : folded);
}

/**
 * RFC 4514 text of the known parts, most specific first: CN, OU, O, L, ST, C. A repeated attribute is
 * written once per value, in the order given.
 *
 * @returns `null` when no part has a value
 */
export function formatDistinguishedName(
  parts: Readonly<Partial<Record<NameAttribute, readonly string[]>>>,
): string | null {
  const written: string[] = [];
  for (const attribute of NAME_ATTRIBUTES) {
    for (const value of parts[attribute] ?? []) {
      if (value !== '') written.push(`${SHORT_NAME[attribute]}=${escapeValue(value)}`);
    }
  }
  return written.length === 0 ? null : written.join(',');
}

/**
 * The attributes of a name's text. Text that is no distinguished name has none: it is served as it came.
 * Reads RFC 4514 and what Windows and people write: spaces after separators, `;`, quoted values (RFC 1779).
 */
export function parseDistinguishedName(text: string): DistinguishedNameParts {
  const parts: Record<NameAttribute, string | null> = {
    commonName: null,
    organizationalUnit: null,
    organization: null,
    locality: null,
    state: null,
    country: null,
  };
  for (const piece of splitUnescaped(text)) {
    const equals = piece.indexOf('=');
    if (equals < 1) continue;
    const attribute = findNameAttribute(piece.slice(0, equals));
    if (attribute !== undefined) parts[attribute] ??= unescapeValue(piece.slice(equals + 1)) || null;
  }
  return parts;
}

/** What to show for a name in one line: CN, else OU, else O, else its text. */
export function toDisplayName(text: string, parts: DistinguishedNameParts): string {
  return parts.commonName ?? parts.organizationalUnit ?? parts.organization ?? text;
}

const NEEDS_ESCAPE = /[\\",+;<>\0]|^[\s#]|\s$/;

/** RFC 4514 section 2.4: what must be escaped, and where. Other blanks at the ends go as the hex of their bytes. */
function escapeValue(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value;
  return value
    .replace(/[\\",+;<>]/g, '\\$&')
    .replace(/\0/g, '\\00')
    .replace(/^[\s#]|\s$/g, (end) => (end === ' ' || end === '#' ? `\\${end}` : toHexPairs(end)));
}

function toHexPairs(text: string): string {
  return Buffer.from(text).toString('hex').toUpperCase().replace(/../g, '\\$&');
}

function unescapeValue(raw: string): string {
  const trimmed = raw.replace(/^\s+/, '').replace(/(?<!\\)\s+$/, '');
  if (trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"')) {
    return trimmed.slice(1, -1).replace(/""/g, '"').replace(/\\(.)/gs, '$1');
  }
  return decodeEscapes(trimmed);
}

/** `\,` is the character itself, `\C3\A9` are UTF-8 bytes. */
function decodeEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/(?:\\[0-9a-f]{2})+|\\(.)/gis, (whole, character: string | undefined) =>
    character === undefined ? Buffer.from(whole.replaceAll('\\', ''), 'hex').toString('utf8') : character,
  );
}

/** Cuts at `,`, `;` and `+` outside of quotes and escapes. */
function splitUnescaped(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '\\') index += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === ',' || character === ';' || character === '+')) {
      pieces.push(text.slice(start, index));
      start = index + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
}
