/**
 * What a request costs beside its operation, in rows: that it is read. An ordinary one costs nothing so. One that is not
 * executed has been read all the same, and is charged for that alone.
 */

import { findGatewayError } from '../../core/errors.ts';
import type { GatewayContext } from '../context.ts';

/** Of a body, free where it is executed: a document and its variables as nearly everybody sends them. */
export const FREE_BODY_BYTES = 16_384;
/**
 * JSON takes 1 to 16 microseconds a kilobyte to parse, lists of many short entries the most, and variables as much again
 * to be fitted to their types.
 */
export const BYTES_PER_ROW = 64;
/** Of a document, free where it is executed: several times what tools send to ask for the whole schema. */
export const FREE_TOKENS = 1_000;
/** Parsing and validating a document takes half a microsecond to two for each token, ten where fields are repeated. */
export const TOKENS_PER_ROW = 2;

/** What is added to the cost of an operation. */
export function priceBody(bytes: number): number {
  return Math.ceil(Math.max(0, bytes - FREE_BODY_BYTES) / BYTES_PER_ROW);
}

/** What is added to the cost of an operation for its document, whether that was validated before or not. */
export function priceDocument(tokens: number): number {
  return Math.ceil(Math.max(0, tokens - FREE_TOKENS) / TOKENS_PER_ROW);
}

/**
 * What a request is charged that is not executed, 1 at least.
 *
 * @param bytes of its body, or of the URL of a GET
 * @param tokens of its document; 0 when it was not parsed
 */
export function priceUnexecuted(bytes: number, tokens: number): number {
  return 1 + Math.floor(bytes / BYTES_PER_ROW) + Math.floor(tokens / TOKENS_PER_ROW);
}

/** Charges a request that has failed already, and says why: that its caller's account is empty changes nothing. */
export async function chargeUnexecuted(
  { takeCost, log }: Pick<GatewayContext, 'takeCost' | 'log'>,
  cost: number,
): Promise<void> {
  try {
    await takeCost(cost);
  } catch (error) {
    if (findGatewayError(error) === undefined) log.warn({ err: error }, 'A cost could not be charged.');
  }
}
