/**
 * The outer shape of ids and cursors: a JSON list of texts, numbers and nulls as base64url (RFC 4648 section 5),
 * after an optional prefix of bytes. One list has one text: whatever is not exactly what we would write
 * ourselves is refused, so that no altered character goes unnoticed.
 */

export type Atom = string | number | null;

/** The list as opaque text, behind `prefix`. Linear in its length. */
export function encodeOpaque(atoms: readonly Atom[], prefix: Uint8Array = NO_BYTES): string {
  const json = JSON.stringify(atoms);
  if (prefix.length + json.length * MAXIMUM_UTF8_BYTES > scratch.length) {
    return Buffer.concat([prefix, Buffer.from(json)]).toString('base64url');
  }
  scratch.set(prefix);
  return scratch.toString('base64url', 0, prefix.length + scratch.write(json, prefix.length));
}

/** Where short texts are encoded: a page has thousands of them. Longer ones have bytes of their own. */
const scratch = Buffer.allocUnsafeSlow(4_096);
/** Of a UTF-16 code unit. */
const MAXIMUM_UTF8_BYTES = 3;

/** What {@link encodeOpaque} was given, or `undefined` when the text is not its work. */
export function decodeOpaque(
  text: string,
  prefixBytes = 0,
): { readonly prefix: Uint8Array; readonly atoms: readonly Atom[] } | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const prefix = bytes.subarray(0, prefixBytes);
  const atoms = parseAtoms(bytes.toString('utf8', prefixBytes));
  if (atoms === undefined || encodeOpaque(atoms, prefix) !== text) return undefined;
  return { prefix, atoms };
}

const NO_BYTES = new Uint8Array(0);

function parseAtoms(json: string): readonly Atom[] | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    return Array.isArray(parsed) && parsed.every(isAtom) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isAtom(value: unknown): value is Atom {
  return value === null || typeof value === 'string' || typeof value === 'number';
}
