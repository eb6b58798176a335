/** Cursors of places where no row stands: however many requests are made, none has the variables of another. */

import { encodeCursor } from '../../src/graphql/cursor.ts';
import type { Anchor, Dialect, Question } from './questions.ts';

/** Makes the cursor that follows an anchor; never the same one twice in a process. */
export type MakeCursor = (table: Question['table'], anchor: Anchor) => string;

/**
 * What stands first in PostGraphile's cursors of an order, and is bound to its documents: found in a cursor that it has
 * issued.
 */
export type Digests = Readonly<Record<Question['table'], string>>;

const THUMBPRINT_DIGITS = 40;

let made = 0;

/** @param digests for PostGraphile alone */
export function createMakeCursor(dialect: Dialect, digests?: Digests): MakeCursor {
  return (table, anchor) => {
    made += 1;
    // Among the certificates that expire in one second, or just behind a device: between two rows at any rate.
    const values =
      table === 'certificates' ? [anchor.notAfter, makeThumbprint(made)] : [`${anchor.deviceId}-${made}`];
    if (dialect === 'postgraphile') return toPostGraphileCursor(digests![table], values);
    return table === 'certificates'
      ? encodeCursor(CERTIFICATE_SCOPE, { value: values[0]!, identity: [String(values[1])] })
      : encodeCursor(DEVICE_SCOPE, { value: null, identity: [String(values[0])] });
  };
}

const CERTIFICATE_SCOPE = {
  type: 'Certificate',
  field: 'NOT_AFTER',
  direction: 'ASC',
  valueType: 'number',
  identityLength: 1,
} as const;

const DEVICE_SCOPE = {
  type: 'Device',
  field: 'DEVICE_ID',
  direction: 'ASC',
  valueType: 'number',
  identityLength: 1,
} as const;

function makeThumbprint(number: number): string {
  return number.toString(16).toUpperCase().padStart(THUMBPRINT_DIGITS, '0');
}

function toPostGraphileCursor(digest: string, values: readonly (string | number)[]): string {
  const [first, ...others] = values;
  const value = typeof first === 'number' ? new Date(first * 1_000).toISOString() : first;
  return Buffer.from(JSON.stringify([digest, value, ...others])).toString('base64');
}

/** The digest in a cursor that PostGraphile has issued. */
export function findDigest(cursor: string): string {
  const [digest] = JSON.parse(Buffer.from(cursor, 'base64').toString()) as [string];
  return digest;
}
