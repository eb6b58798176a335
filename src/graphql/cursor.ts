/**
 * Cursors: a place in an order, as opaque text. Keyset cursors, so that they hold in every snapshot: what counts
 * is the sort value and the identity, not a row number. Filters do not bind them.
 *
 * A cursor carries a version, the type, order and direction that it belongs to, and a checksum: one that was cut,
 * altered, or made for another connection is refused and never read as page one. It is no secret and no proof
 * of origin.
 *
 *   base64url( checksum: 6 bytes | JSON [version, type, order, direction, sort value, identity…] )
 */

import { hash } from 'node:crypto';
import { badUserInput } from '../core/errors.ts';
import type { Direction, Position } from '../snapshot/sequence.ts';
import { type Atom, decodeOpaque, encodeOpaque } from './base64url-json.ts';

/** The connection that a cursor belongs to. */
export interface CursorScope {
  /** The type of the nodes: `Certificate`. */
  readonly type: string;
  /** The order's field: `NOT_AFTER`. */
  readonly field: string;
  readonly direction: Direction;
  /** What the order compares; `null` (a missing value, last) is always possible. */
  readonly valueType: 'string' | 'number';
  /** How many texts make an identity. */
  readonly identityLength: number;
}

/** Raised whenever the meaning of a cursor changes; those of other versions are refused. */
const VERSION = 1;
/** An altered cursor passes by accident once in 2^48 times. */
const CHECKSUM_BYTES = 6;
/** Version, type, order, direction, sort value. */
const HEADER_LENGTH = 5;

/** The cursor of a place. Linear in its length. */
export function encodeCursor(scope: CursorScope, position: Position): string {
  const atoms = [VERSION, scope.type, scope.field, scope.direction, position.value, ...position.identity];
  return encodeOpaque(atoms, checksum(atoms));
}

/**
 * The place that a cursor stands for.
 *
 * @param argument `after` or `before`
 * @throws BAD_USER_INPUT unless it was issued for this type, order and direction, and is unaltered
 */
export function decodeCursor(cursor: string, scope: CursorScope, argument: string): Position {
  const decoded = decodeOpaque(cursor, CHECKSUM_BYTES);
  if (decoded === undefined || !checksum(decoded.atoms).equals(decoded.prefix)) {
    throw badUserInput(argument, 'be an unaltered cursor that this API has issued', cursor);
  }
  const [version, type, field, direction, value] = decoded.atoms;
  if (version !== VERSION || type !== scope.type || field !== scope.field || direction !== scope.direction) {
    throw badUserInput(
      argument,
      `be a cursor of ${scope.type} ordered by ${scope.field} ${scope.direction}, as this page is`,
      cursor,
    );
  }
  const identity = decoded.atoms.slice(HEADER_LENGTH);
  if (!isValueOf(scope, value) || !isIdentityOf(scope, identity)) {
    throw badUserInput(argument, 'be an unaltered cursor that this API has issued', cursor);
  }
  return { value, identity };
}

function checksum(atoms: readonly Atom[]): Buffer {
  return hash('sha256', JSON.stringify(atoms), 'buffer').subarray(0, CHECKSUM_BYTES);
}

function isValueOf(scope: CursorScope, value: Atom | undefined): value is Atom {
  return value === null || typeof value === scope.valueType;
}

function isIdentityOf(scope: CursorScope, identity: readonly Atom[]): identity is readonly string[] {
  return identity.length === scope.identityLength && identity.every((part) => typeof part === 'string');
}
