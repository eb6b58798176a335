/**
 * Trusted documents: those of a manifest that GraphQL Code Generator's client preset has written when the clients were
 * built, each known by its hash.
 *
 * It guarantees that each of them can be run: it parses, it fits the schema, it has an operation. A hash that is one by its
 * form (SHA-256 or SHA-1, in hex) is the hash of its document; others are taken as they are, since the preset can be given
 * any function to make them.
 */

import { createHash } from 'node:crypto';
import {
  buildSchema,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  validate,
} from 'graphql';

export interface TrustedDocuments {
  /**
   * The text of the document that a client means.
   *
   * @param id its key in the manifest, with or without `sha256:` before it, or the SHA-256 of its text in hex
   */
  find(id: string): string | undefined;
  /**
   * Whether one of them is made of the same words. Their order does not count, for generators sort what people wrote, nor
   * does `__typename`, which clients add: good enough for a hint, and for nothing else.
   */
  hasWordsOf(document: DocumentNode): boolean;
}

/** Why a manifest, or one document of it, cannot be trusted. */
export interface ManifestFault {
  /** The operation's name, else its hash; `null` when it is a matter of the file as a whole. */
  readonly operation: string | null;
  /** What is wrong, a sentence without a full stop; as long as the names in it. */
  readonly problem: string;
}

/** The client preset puts this before a SHA-256, and nothing before a SHA-1. */
const SHA256_PREFIX = 'sha256:';

/** What is wrong with so many documents says enough. */
const MAXIMUM_FAULTS = 20;

/**
 * The documents of a manifest, or every fault that it has, up to twenty. Costs a parse and a validation of each document.
 *
 * @param manifestText JSON: an object from hash to document
 * @param typeDefs the text of `schema.graphql`
 */
export function parseTrustedDocuments(
  manifestText: string,
  typeDefs: string,
): { readonly documents: TrustedDocuments; readonly faults: readonly ManifestFault[] } {
  const texts = new Map<string, string>();
  const words = new Set<string>();
  const faults: ManifestFault[] = [];
  const schema = buildSchema(typeDefs);
  const entries = readManifest(manifestText);
  if (entries === undefined) {
    faults.push({ operation: null, problem: 'something else' });
  }
  for (const [key, text] of entries ?? []) {
    if (faults.length >= MAXIMUM_FAULTS) break;
    const checked = checkDocument(key, text, schema);
    if (!('kind' in checked)) {
      faults.push(checked);
      continue;
    }
    for (const id of [key, withoutPrefix(key), sha256Of(text)]) texts.set(id, text);
    words.add(wordsOf(checked));
  }
  return {
    documents: {
      find: (id) => texts.get(id),
      hasWordsOf: (document) => words.has(wordsOf(document)),
    },
    faults,
  };
}

function readManifest(manifestText: string): readonly [hash: string, document: string][] | undefined {
  try {
    const manifest: unknown = JSON.parse(manifestText);
    if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return undefined;
    const entries = Object.entries(manifest);
    return entries.every(([, document]) => typeof document === 'string') ? entries : undefined;
  } catch {
    return undefined;
  }
}

function checkDocument(key: string, text: string, schema: GraphQLSchema): DocumentNode | ManifestFault {
  let document: DocumentNode;
  try {
    document = parse(text);
  } catch (error) {
    return toFault(key, (error as Error).message);
  }
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const name = operations[0]?.name?.value ?? key;
  if (!isHashOf(key, text)) return toFault(name, `its hash in the file, ${key}, is not that of its text`);
  if (operations.length === 0) return toFault(name, 'it has no operation');
  if (operations.some(isSubscription)) return toFault(name, 'it is a subscription, and the schema has none');
  const [error] = validate(schema, document, undefined, { maxErrors: 1 });
  return error === undefined ? document : toFault(name, error.message);
}

function toFault(operation: string, problem: string): ManifestFault {
  return { operation, problem: problem.replace(/\.$/, '') };
}

function isSubscription({ operation }: OperationDefinitionNode): boolean {
  return operation === 'subscription';
}

function isHashOf(key: string, text: string): boolean {
  const hash = withoutPrefix(key);
  if (/^[\da-f]{64}$/.test(hash)) return hash === sha256Of(text);
  if (/^[\da-f]{40}$/.test(key)) return key === createHash('sha1').update(text).digest('hex');
  return !key.startsWith(SHA256_PREFIX);
}

function withoutPrefix(key: string): string {
  return key.startsWith(SHA256_PREFIX) ? key.slice(SHA256_PREFIX.length) : key;
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function wordsOf(document: DocumentNode): string {
  const words = print(document).match(/[\w$@]+/g) ?? [];
  return words
    .filter((word) => word !== '__typename')
    .toSorted()
    .join(' ');
}
