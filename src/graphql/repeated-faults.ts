/**
 * Faults that one request makes again and again, as a wrong argument does on every row: the first few of a kind are errors of
 * their own places, all further ones are one and the same error, without a place, which is only counted
 * (`bounded-errors.ts`). To make an error of graphql-js takes ten to twenty microseconds, most of it for stacks, and more in
 * documents of many lines; one that has a path already it takes as it is.
 */

import { GraphQLError } from 'graphql';
import { type ErrorCode, findGatewayError } from '../core/errors.ts';
import { MAXIMUM_ERRORS } from './admission/limits.ts';

/** Of one request. */
export interface FaultCount {
  /** By kind, how many faults there were, up to those that have places of their own. */
  readonly placed: Map<string, number>;
  /** What stands for further ones. */
  readonly repeated: Map<ErrorCode, GraphQLError>;
}

export function createFaultCount(): FaultCount {
  return { placed: new Map(), repeated: new Map() };
}

/** Of a kind: as many as are told, and one more, with which it is still not said how many were left out. */
const PLACED = MAXIMUM_ERRORS + 1;
/** So that a response is full of errors with places before there is a kind without any. */
const KINDS = MAXIMUM_ERRORS + 1;

/**
 * What to fail with: the error itself, or what stands for it. Errors that are not ours are always themselves.
 *
 * @param kind what faults have in common that stand for each other
 */
export function toCounted({ placed, repeated }: FaultCount, kind: string, error: unknown): unknown {
  const fault = findGatewayError(error);
  if (fault === undefined) return error;
  const count = placed.get(kind) ?? 0;
  if (count < PLACED && (count > 0 || placed.size < KINDS)) {
    placed.set(kind, count + 1);
    return fault;
  }
  let standing = repeated.get(fault.code);
  if (standing === undefined) {
    standing = new GraphQLError(fault.message, { originalError: fault, path: [] });
    repeated.set(fault.code, standing);
  }
  return standing;
}

/** Whether an error of a response is one that only counts. */
export function isWithoutPlace({ path }: { readonly path?: readonly unknown[] | undefined }): boolean {
  return path?.length === 0;
}
