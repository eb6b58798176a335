/**
 * Key usages and extended key usages of the wire as lists. They arrive as an array, as one string cut by
 * commas or semicolons, or as a JSON array inside a string. Order is kept, exact repeats are dropped.
 *
 * `null` is "not reported" (null, blank, an array that holds things but no text); an empty list is "reported:
 * none" (`[]`, `"None"`).
 */

import { type ExtendedKeyUsage, toExtendedKeyUsage, toKeyUsage } from '../core/usages.ts';

const MAXIMUM_LAYERS = 3;

/** RFC 5280 names where known. */
export function toKeyUsages(value: unknown): readonly string[] | null {
  const texts = toUsageTexts(value);
  return texts === null ? null : [...new Set(texts.map(toKeyUsage))];
}

/** OIDs and Windows friendly names where known. */
export function toExtendedKeyUsages(value: unknown): readonly ExtendedKeyUsage[] | null {
  const texts = toUsageTexts(value);
  if (texts === null) return null;
  // By both at once; a list of many thousands must not be compared pair by pair.
  const usages = new Map<string, ExtendedKeyUsage>();
  for (const usage of texts.map(toExtendedKeyUsage)) {
    const key = JSON.stringify([usage.oid, usage.name]);
    if (!usages.has(key)) usages.set(key, usage);
  }
  return [...usages.values()];
}

function toUsageTexts(value: unknown, layer = 0): string[] | null {
  if (Array.isArray(value)) {
    const texts = value.map(elementText).filter((text) => text !== '');
    return value.length > 0 && texts.length === 0 ? null : withoutNone(texts);
  }
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (text === '' || text === 'null') return null;
  if (layer < MAXIMUM_LAYERS && (text[0] === '[' || text[0] === '"')) {
    try {
      return toUsageTexts(JSON.parse(text), layer + 1);
    } catch {
      // Not JSON after all: a list like any other.
    }
  }
  return withoutNone(splitList(text).map((part) => part.trim()));
}

function elementText(element: unknown): string {
  return typeof element === 'string' || typeof element === 'number' ? String(element).trim() : '';
}

function withoutNone(texts: readonly string[]): string[] {
  return texts.filter((text) => text !== '' && text.toLowerCase() !== 'none');
}

/** Cuts at `,` and `;`, but not inside brackets: `Server Authentication (1.3.6.1.5.5.7.3.1; critical)` is one. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '(' || character === '[') depth += 1;
    else if (character === ')' || character === ']') depth = Math.max(0, depth - 1);
    else if (depth === 0 && (character === ',' || character === ';')) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
