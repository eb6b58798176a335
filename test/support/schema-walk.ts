/**
 * Every way through a schema, as operations: each chain of fields from a root of the query type to an object, on which all
 * values that need no argument are asked. No field of a type comes twice in one chain, so that chains end.
 *
 * A test that walks meets every field that there is, and those that come to be.
 */

import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

export interface WalkedOperation {
  /** `Query.certificates > CertificateConnection.nodes > Certificate`. */
  readonly chain: string;
  readonly document: string;
}

export interface WalkOptions {
  /** Arguments by `Type.field`, one text for each way to ask; needed where an argument is required. */
  readonly variants: Readonly<Record<string, readonly string[]>>;
  /** Fields, as `Type.field`, that are not asked. */
  readonly skipped?: readonly string[];
  /** Objects in one chain at most. */
  readonly maximumDepth: number;
}

/** @throws when a field needs an argument for which there is no variant */
export function walkSchema(schema: GraphQLSchema, options: WalkOptions): WalkedOperation[] {
  const { variants, skipped = [], maximumDepth } = options;
  const operations: WalkedOperation[] = [];

  const argumentsOf = (name: string, field: GraphQLField<unknown, unknown>): readonly string[] => {
    const given = variants[name];
    if (given === undefined && field.args.some(isRequiredArgument)) {
      throw new Error(`${name} must have a variant: it has an argument that is required.`);
    }
    return given ?? [''];
  };

  const visit = (type: GraphQLNamedType, chain: readonly string[], wrap: (inner: string) => string): void => {
    if (isAbstractType(type)) {
      for (const possible of schema.getPossibleTypes(type)) {
        visit(possible, chain, (inner) => wrap(`... on ${possible.name} { ${inner} }`));
      }
      return;
    }
    if (!isObjectType(type)) return;
    const fields = Object.values(type.getFields()).filter(
      ({ name }) => !skipped.includes(`${type.name}.${name}`),
    );
    const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
    const asked = ['__typename', ...leaves.map(({ name }) => name)].join(' ');
    if (chain.length > 0) {
      operations.push({ chain: [...chain, type.name].join(' > '), document: wrap(asked) });
    }
    if (chain.length >= maximumDepth) return;
    for (const field of fields) {
      const name = `${type.name}.${field.name}`;
      if (leaves.includes(field) || chain.includes(name)) continue;
      for (const given of argumentsOf(name, field)) {
        visit(getNamedType(field.type), [...chain, name], (inner) =>
          wrap(`${field.name}${given} { ${inner} }`),
        );
      }
    }
  };

  const query = schema.getQueryType();
  if (query != null) visit(query, [], (inner) => `{ ${inner} }`);
  return operations;
}
