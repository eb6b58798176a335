/** Bounds the errors of a response: a mistake that is made a thousand times is told a few times, and then counted. */

import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import { MAXIMUM_ERRORS } from './admission/limits.ts';
import type { GatewayContext } from './context.ts';
import { isWithoutPlace } from './repeated-faults.ts';

/** At most {@link MAXIMUM_ERRORS} errors in a response, and one more that says how many were left out. */
export function createBoundedErrorsPlugin(): ApolloServerPlugin<GatewayContext> {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ response: { body } }) => {
        if (body.kind !== 'single' || body.singleResult.errors === undefined) return;
        body.singleResult.errors = boundErrors(body.singleResult.errors);
      },
    }),
  };
}

/** The errors themselves when they are few enough; else the first of those that have a place, and how many others there were. */
export function boundErrors(errors: readonly GraphQLFormattedError[]): readonly GraphQLFormattedError[] {
  const placed = errors.filter((error) => !isWithoutPlace(error));
  if (placed.length === errors.length && errors.length <= MAXIMUM_ERRORS + 1) return errors;
  const leftOut = [...placed.slice(MAXIMUM_ERRORS), ...errors.filter(isWithoutPlace)];
  return [...placed.slice(0, MAXIMUM_ERRORS), toSummary(leftOut)];
}

/** Has the code of what it stands for; where that differs, that of a failure of ours before any other. */
function toSummary(leftOut: readonly GraphQLFormattedError[]): GraphQLFormattedError {
  const codes = leftOut.map(({ extensions }) => extensions?.code);
  const code = codes.includes('INTERNAL_SERVER_ERROR') ? 'INTERNAL_SERVER_ERROR' : codes[0];
  const rule = `list at most ${MAXIMUM_ERRORS} errors`;
  return {
    message: `The response must ${rule}; there were ${leftOut.length} more. Correct these, and ask again.`,
    extensions: { code, rule, value: leftOut.length },
  };
}
