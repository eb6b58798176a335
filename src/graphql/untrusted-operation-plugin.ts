/**
 * Logs the operations that are not in the manifest, before somebody enforces it: each once, by the hash of its text. It
 * lets all of them run. Operations that cannot be run at all are not looked at.
 */

import type { ApolloServerPlugin } from '@apollo/server';
import type { GatewayContext } from './context.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

/** So many hashes are told apart; what comes after them is not logged, so that nobody can fill the log. */
const MAXIMUM_HASHES = 1_000;

/** Names are as long as their documents allow. */
const MAXIMUM_NAME_LENGTH = 128;

export function createUntrustedOperationPlugin(
  documents: Pick<TrustedDocuments, 'hasWordsOf'>,
): ApolloServerPlugin<GatewayContext> {
  const seen = new Set<string>();
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ queryHash, document, operationName, contextValue: { log } }) => {
        if (seen.has(queryHash) || seen.size === MAXIMUM_HASHES) return;
        seen.add(queryHash);
        if (!documents.hasWordsOf(document)) {
          const name = operationName?.slice(0, MAXIMUM_NAME_LENGTH) ?? null;
          log.warn(
            { event: 'untrusted_operation', operationName: name, operationHash: queryHash },
            'an operation is not in the manifest: OPERATIONS=enforce would refuse it',
          );
        }
        if (seen.size < MAXIMUM_HASHES) return;
        log.warn(
          { event: 'untrusted_operations_uncounted', hashes: MAXIMUM_HASHES },
          'so many different operations came that further ones are not compared with the manifest',
        );
      },
    }),
  };
}
