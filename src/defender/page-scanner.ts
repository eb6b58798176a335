/**
 * One page of the paged endpoint, `{"@odata.context": …, "value": […], "@odata.nextLink": …}`, as a stream:
 * the records of the top-level `value` go out as they pass, everything else is kept (it is small) and
 * parsed at the end, which also proves that the page came whole.
 *
 * Holds one record that spans chunks and the members beside `value`; never the page, which may be 200 MB.
 */

import { createElementScanner } from './element-scanner.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-bytes.ts';
import type { RecordLimits, RecordReader } from './record-reader.ts';

/** What a page says beside its records. */
export type PageOutcome =
  | { readonly kind: 'PAGE'; readonly nextLink: string | null }
  /** An OData error object where a page was due. */
  | { readonly kind: 'ERROR'; readonly error: unknown }
  /** Not a page: cut off, HTML, other JSON. `opening` is its first characters. */
  | { readonly kind: 'MALFORMED'; readonly problem: string; readonly opening: string };

export interface PageScanner {
  /** `false` once nothing that follows can make it a page: the rest need not be read. */
  write(chunk: Buffer): boolean;
  end(): PageOutcome;
}

/** Members beside `value`: a context and a link of a few hundred bytes each. */
const MAXIMUM_ENVELOPE_BYTES = 1_048_576;
const OPENING_LENGTH = 100;
/**
 * Keys of the link, in lower case. OData JSON 4.01 section 4.5.5, and section 4.5 for the one without its prefix: a link
 * that is overlooked would cut the inventory short.
 */
const LINK_KEYS = ['@odata.nextlink', '@nextlink'];

export function createPageScanner(reader: RecordReader, limits: RecordLimits): PageScanner {
  const elements = createElementScanner(reader, limits);
  /** The page without its records: `{"@odata.context":"…","value":[],"@odata.nextLink":"…"}`. */
  const envelope = Buffer.allocUnsafe(MAXIMUM_ENVELOPE_BYTES);
  let size = 0;
  let isOverfull = false;
  let depth = 0;
  let isInValue = false;
  let isInString = false;
  let isEscaped = false;
  let stringStart = 0;
  let stringEnd = 0;
  let isAfterValueKey = false;

  function write(chunk: Buffer): boolean {
    let index = 0;
    while (index < chunk.length && !isOverfull) {
      if (!isInValue) {
        take(chunk[index] as number);
        index += 1;
        continue;
      }
      const next = elements.scan(chunk, index);
      if (next === -1) return true;
      isInValue = false;
      take(CLOSE_BRACKET);
      index = next;
    }
    return !isOverfull;
  }

  /** One byte outside of the records. */
  function take(byte: number): void {
    if (size === MAXIMUM_ENVELOPE_BYTES) {
      isOverfull = true;
      return;
    }
    envelope[size] = byte;
    size += 1;
    if (isInString) {
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) {
        isInString = false;
        stringEnd = size - 1;
      }
    } else if (byte === QUOTE) {
      isInString = true;
      stringStart = size;
    } else if (byte === COLON) {
      isAfterValueKey = isValueKey();
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      isInValue = byte === OPEN_BRACKET && depth === 1 && isAfterValueKey;
      isAfterValueKey = false;
      depth += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
    } else if (byte > 0x20) {
      isAfterValueKey = false;
    }
  }

  function isValueKey(): boolean {
    return envelope.toString('latin1', stringStart, stringEnd).toLowerCase() === 'value';
  }

  return {
    write,
    end: () => {
      const text = envelope
        .toString('utf8', 0, size)
        .replace(/^\ufeff/, '')
        .trim();
      return isOverfull ? malformed('has more than a mebibyte beside its records', text) : readEnvelope(text);
    },
  };
}

function readEnvelope(text: string): PageOutcome {
  if (text === '') return malformed('is empty', text);
  if (text.startsWith('<')) return malformed('is HTML or XML', text);
  let page: unknown;
  try {
    page = JSON.parse(text);
  } catch {
    return malformed('is cut off or not JSON', text);
  }
  if (typeof page !== 'object' || page === null || Array.isArray(page))
    return malformed('is not an object', text);
  const members = new Map(Object.entries(page).map(([key, value]) => [key.toLowerCase(), value as unknown]));
  const error = members.get('error');
  if (error !== undefined && error !== null) return { kind: 'ERROR', error: page };
  const value = members.get('value');
  if (!Array.isArray(value)) return malformed('has no "value" array', text);
  // Records are never kept here: these passed under a key that the scanner did not know.
  if (value.length > 0) return malformed('spells the key "value" with escapes', text);
  const nextLink = LINK_KEYS.map((key) => members.get(key)).find((link) => link !== undefined) ?? null;
  if (nextLink !== null && typeof nextLink !== 'string')
    return malformed('has an "@odata.nextLink" that is no text', text);
  return { kind: 'PAGE', nextLink: nextLink === '' ? null : nextLink };
}

function malformed(problem: string, text: string): PageOutcome {
  return { kind: 'MALFORMED', problem, opening: text.slice(0, OPENING_LENGTH) };
}
