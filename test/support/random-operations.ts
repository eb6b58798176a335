/**
 * Random operations over the schema, as trees of what is asked; and the same tree written in many ways: fields in
 * fragments and inline fragments, asked for twice, left out by directives; arguments as literals or as variables.
 */

import {
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';

/** What is asked of objects, by the name of their type: one type, but for a node. */
export type AskedOf = Readonly<Record<string, readonly Asked[]>>;

/** One field, under its response name. */
export interface Asked {
  readonly key: string;
  readonly name: string;
  readonly given: Readonly<Record<string, Given>>;
  /** `null` for a scalar. */
  readonly asked: AskedOf | null;
}

/** An argument: its value, and the type that a variable for it has. */
export interface Given {
  readonly value: unknown;
  readonly type: string;
}

/** A number of 0 to `below` - 1. */
export type Draw = (below: number) => number;

/** Filters to choose from, by the name of their input type. */
export type FilterPool = Readonly<Record<string, readonly unknown[]>>;

export function drawOperation(draw: Draw, schema: GraphQLSchema, filters: FilterPool): AskedOf {
  return drawAsked(draw, schema, filters, schema.getQueryType()!, 4);
}

function drawAsked(
  draw: Draw,
  schema: GraphQLSchema,
  filters: FilterPool,
  type: GraphQLOutputType,
  depth: number,
): AskedOf {
  const named = getNamedType(type);
  const types = isAbstractType(named) ? schema.getPossibleTypes(named) : [named].filter(isObjectType);
  const asked: Record<string, Asked[]> = {};
  for (const [index, possible] of types.entries()) {
    if (index > 0 && draw(2) === 0) continue;
    const isLeaf = (name: string) => !('getFields' in getNamedType(possible.getFields()[name]!.type));
    const names = Object.keys(possible.getFields()).filter((name) => depth > 0 || isLeaf(name));
    const list: Asked[] = [];
    const choices = ['__typename', ...names];
    for (let left = 1 + draw(3); left > 0; left -= 1) {
      const name = choices[draw(choices.length)]!;
      const field = possible.getFields()[name];
      const given: Record<string, Given> = {};
      for (const { name: argument, type: argumentType } of field?.args ?? []) {
        const value = drawArgument(draw, argument, String(argumentType), filters);
        if (value !== undefined) given[argument] = { value, type: String(argumentType) };
      }
      // A page of the default size now and then, but not on pages: somebody walks all of it by hand.
      delete given[draw(2) === 0 ? 'first' : 'last'];
      if (type === schema.getQueryType() && draw(2) === 0) {
        delete given.first;
        delete given.last;
      }
      list.push({
        key: `${name}_${list.length}`,
        name,
        given,
        asked:
          field === undefined || isLeaf(name)
            ? null
            : drawAsked(draw, schema, filters, field.type, depth - 1),
      });
    }
    asked[possible.name] = list;
  }
  return asked;
}

function drawArgument(draw: Draw, name: string, type: string, filters: FilterPool): unknown {
  const filter = filters[type];
  if (filter !== undefined) return draw(2) === 0 ? undefined : filter[draw(filter.length)];
  switch (name) {
    case 'first':
    case 'last':
      return draw(4);
    case 'ids':
      return Array.from({ length: draw(5) }, () => 'a');
    case 'id':
    case 'thumbprint':
    case 'deviceId':
      return 'x';
    case 'orderBy':
      return draw(2) === 0 ? undefined : { field: new EnumValue(ORDER_FIELDS[type]!) };
    default:
      return undefined;
  }
}

const ORDER_FIELDS: Readonly<Record<string, string>> = {
  CertificateOrder: 'NOT_AFTER',
  DeviceOrder: 'NAME',
  InstallationOrder: 'PATH',
};

/** A name in a document that is no text. */
class EnumValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  toJSON(): string {
    return this.name;
  }
}

export interface Written {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The plainest way: no fragment but for types, no variable. */
export function writePlainly(asked: AskedOf): Written {
  return {
    document: `query ${printAsked(asked, (fields) => fields.map(({ print }) => print()).join(' '), printValue)}`,
    variables: {},
  };
}

/** Some other way, which asks for the same. */
export function writeSomehow(draw: Draw, asked: AskedOf): Written {
  const fragments: string[] = [];
  const definitions: string[] = [];
  const variables: Record<string, unknown> = {};
  const arrange = (fields: readonly PrintedField[], type: string): string =>
    fields
      .map(({ print, printLeftOut, printHalves }) => {
        const way = draw(8);
        if (way === 0) return printHalves();
        const text = print();
        switch (way) {
          case 5:
            return `... { ${text} }`;
          case 1:
            return `... on ${type} @include(if: true) { ${text} }`;
          case 2:
            fragments.push(`fragment F${fragments.length} on ${type} { ${text} }`);
            return `...F${fragments.length - 1} ...F${fragments.length - 1}`;
          case 3:
            return `${text} ${text}`;
          case 4:
            variables.no = false;
            return `${text} ${printLeftOut()}`;
          default:
            return text;
        }
      })
      .join(' ');
  const printGiven = (value: unknown, type: string): string => {
    const name = `v${definitions.length}`;
    switch (draw(3)) {
      case 0:
        definitions.push(`$${name}: ${type}`);
        variables[name] = value;
        return `$${name}`;
      case 1:
        definitions.push(`$${name}: ${type} = ${printValue(value)}`);
        return `$${name}`;
      default:
        return printValue(value);
    }
  };
  const body = printAsked(asked, arrange, printGiven);
  if ('no' in variables) definitions.push('$no: Boolean!');
  const head = definitions.length === 0 ? '' : `(${definitions.join(' ')})`;
  return { document: `query ${head} ${body} ${fragments.join(' ')}`, variables };
}

interface PrintedField {
  /** With what is asked of its value printed anew. */
  print(): string;
  /** The same under another name, and left out. */
  printLeftOut(): string;
  /** Asked for twice, each time for one half of what is asked of its value; as a whole where it has no halves. */
  printHalves(): string;
}

function printAsked(
  asked: AskedOf,
  arrange: (fields: readonly PrintedField[], type: string) => string,
  printGiven: (value: unknown, type: string) => string,
): string {
  const types = Object.keys(asked);
  const printed = types.map((type) => {
    const fields = asked[type]!.map(({ key, name, given, asked: inner }) => {
      const list = Object.entries(given).map(
        ([argument, { value, type }]) => `${argument}: ${printGiven(value, type)}`,
      );
      const call = `${name}${list.length === 0 ? '' : `(${list.join(' ')})`}`;
      const print = (head: string, part: AskedOf | null): string =>
        part === null ? head : `${head} ${printAsked(part, arrange, printGiven)}`;
      return {
        print: () => print(`${key}: ${call}`, inner),
        printLeftOut: () => print(`${key}_no: ${call} @include(if: $no)`, inner),
        printHalves: () =>
          halve(inner)
            .map((half) => print(`${key}: ${call}`, half))
            .join(' '),
      };
    });
    const text = arrange(fields, type);
    return types.length === 1 && !isNodeType(type) ? text : `... on ${type} { ${text} }`;
  });
  return `{ ${printed.join(' ') || '__typename'} }`;
}

/** Two halves of what is asked of one type, or the whole. */
function halve(asked: AskedOf | null): readonly (AskedOf | null)[] {
  const [type, fields = []] = Object.entries(asked ?? {})[0] ?? [];
  if (asked === null || type === undefined || Object.keys(asked).length > 1 || fields.length < 2)
    return [asked];
  return [0, 1].map((half) => ({ [type]: fields.filter((_, index) => index % 2 === half) }));
}

/** Types that may stand where any node is asked for. */
function isNodeType(type: string): boolean {
  return !type.endsWith('Connection') && !type.endsWith('Edge') && type !== 'Query';
}

function printValue(value: unknown): string {
  if (value instanceof EnumValue) return value.name;
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${name}: ${printValue(inner)}`)
    .join(' ')} }`;
}
