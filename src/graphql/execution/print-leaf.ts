/**
 * Scalars and enums as JSON text: what their type serializes a value to, printed. The values that resolvers give as a rule
 * are printed at once; whatever else comes is left to the type, and fails as it says.
 */

import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
} from 'graphql';

/** @throws what the type throws for a value that it cannot serialize */
export type PrintLeaf = (value: unknown) => string;

export function createLeafPrinter(type: GraphQLLeafType): PrintLeaf {
  const printAny: PrintLeaf = (value) => {
    const serialized = type.serialize(value);
    if (serialized == null) {
      throw new Error(
        `Expected \`${type.name}.serialize\` to return a value, but it returned ${serialized}.`,
      );
    }
    return printJson(serialized);
  };
  switch (type) {
    case GraphQLString:
    case GraphQLID:
      return (value) => (typeof value === 'string' ? printText(value) : printAny(value));
    case GraphQLInt:
      return (value) => (isInt32(value) ? `${value}` : printAny(value));
    case GraphQLFloat:
      return (value) => (Number.isFinite(value) ? JSON.stringify(value) : printAny(value));
    case GraphQLBoolean:
      return (value) => (typeof value === 'boolean' ? `${value}` : printAny(value));
  }
  return type instanceof GraphQLEnumType ? remember(type, printAny) : printAny;
}

/** Enums have few values. */
function remember(type: GraphQLEnumType, print: PrintLeaf): PrintLeaf {
  const texts = new Map(type.getValues().map(({ value }) => [value as unknown, print(value)]));
  return (value) => texts.get(value) ?? print(value);
}

function isInt32(value: unknown): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

function printJson(value: unknown): string {
  return typeof value === 'string' ? printText(value) : JSON.stringify(value);
}

/**
 * Anything but what JSON writes as it is: all characters from the space on without quotation mark, backslash (RFC 8259
 * section 7) and halves of surrogate pairs, which JSON.stringify escapes where they stand alone.
 */
const PERHAPS_ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** To look whether there is anything to escape takes a third of the time of escaping. */
export function printText(text: string): string {
  return PERHAPS_ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}
