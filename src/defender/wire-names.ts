/**
 * Subject and issuer names of the wire as one text. They arrive as an object, as JSON inside a string
 * (also twice), as the text of a distinguished name or as a bare common name; the first two become the
 * RFC 4514 text of the six attributes that the API serves, the others stay as they came.
 */

import {
  findNameAttribute,
  formatDistinguishedName,
  type NameAttribute,
} from '../core/distinguished-name.ts';

/** JSON in a string in a string; a fourth layer has not been seen anywhere. */
const MAXIMUM_LAYERS = 3;

/**
 * The canonical text of a name, or `null` when it is not reported: null, blank, an object without a value
 * under any attribute that we serve. A string that looks like JSON and is not stays plain text.
 */
export function toNameText(value: unknown): string | null {
  return textOf(value, 0);
}

function textOf(value: unknown, layer: number): string | null {
  if (typeof value === 'string') return textOfString(value.trim(), layer);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return textOfObject(value);
  return null;
}

function textOfString(text: string, layer: number): string | null {
  if (text === '' || text === 'null') return null;
  if (layer === MAXIMUM_LAYERS || (text[0] !== '{' && text[0] !== '"')) return text;
  let inner: unknown;
  try {
    inner = JSON.parse(text);
  } catch {
    return text;
  }
  return textOf(inner, layer + 1);
}

function textOfObject(value: object): string | null {
  const parts: Partial<Record<NameAttribute, string[]>> = {};
  for (const [key, entry] of Object.entries(value)) {
    const attribute = findNameAttribute(key);
    if (attribute === undefined) continue;
    for (const single of Array.isArray(entry) ? entry : [entry]) {
      if (typeof single !== 'string' && typeof single !== 'number') continue;
      const text = String(single);
      const values = parts[attribute];
      if (values === undefined) parts[attribute] = [text];
      else values.push(text);
    }
  }
  return formatDistinguishedName(parts);
}
