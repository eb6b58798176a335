/**
 * The arguments of a field, once for a request: graphql-js reads them anew for every parent, and what they mean depends on
 * no parent. Fields whose arguments mean the same share them, under whatever name they were asked for.
 */

import type { FieldNode, GraphQLResolveInfo } from 'graphql';
import { toCanonicalJson } from './canonical-json.ts';

export interface AskedArguments<Arguments> {
  /** As graphql-js read them first. */
  readonly given: Arguments;
  /** The same for arguments that mean the same, and for no others of the request. */
  readonly number: number;
  /** What was made of them for this subject, made when it is first asked for. What it throws then is thrown each time. */
  prepared<Prepared>(subject: object, prepare: () => Prepared): Prepared;
}

export interface ArgumentsOfRequest {
  /** Of a field that is being resolved. Takes time in proportion to the arguments for its first parent, none for the others. */
  of<Arguments extends object>(
    info: Pick<GraphQLResolveInfo, 'fieldNodes'>,
    given: Arguments,
  ): AskedArguments<Arguments>;
}

/** One serves a request: variables are the request's, so that a field in the document has the same arguments throughout. */
export function createArgumentsOfRequest(): ArgumentsOfRequest {
  const byField = new Map<FieldNode, AskedArguments<object>>();
  const byText = new Map<string, AskedArguments<object>>();

  function read(field: FieldNode, given: object): AskedArguments<object> {
    const text = toCanonicalJson(given);
    const asked = byText.get(text) ?? createAskedArguments(given, byText.size);
    byText.set(text, asked);
    byField.set(field, asked);
    return asked;
  }

  return {
    of: ({ fieldNodes: [field] }, given) =>
      // Fields that are merged have the same arguments (GraphQL section 5.3.2).
      (byField.get(field!) ?? read(field!, given)) as AskedArguments<typeof given>,
  };
}

function keepOutcome<Result>(make: () => Result): () => Result {
  try {
    const result = make();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function createAskedArguments(given: object, number: number): AskedArguments<object> {
  const made = new Map<object, () => unknown>();
  return {
    given,
    number,
    prepared: <Prepared>(subject: object, prepare: () => Prepared) => {
      if (!made.has(subject)) made.set(subject, keepOutcome(prepare));
      return made.get(subject)!() as Prepared;
    },
  };
}
