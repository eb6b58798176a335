import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getIntrospectionQuery, parse, validate } from 'graphql';
import {
  DEFAULT_OPERATION_LIMITS,
  MAXIMUM_COMPARISONS,
  MAXIMUM_DEFINITIONS,
  MAXIMUM_SELECTIONS,
} from '../../../../src/graphql/admission/limits.ts';
import { findStructureFault, type StructureLimits } from '../../../../src/graphql/admission/structure.ts';
import { createSchema } from '../../../../src/graphql/schema.ts';
import { EXAMPLE_OPERATIONS } from '../../../../src/http/example-operations.ts';
import { countReads } from '../../../support/counted-document.ts';
import { SCHEMA_TEXT } from '../../../support/graphql-harness.ts';

const LIMITS: StructureLimits = {
  maximumDepth: 4,
  maximumAliases: 3,
  maximumDirectives: 3,
  maximumRootFields: 4,
};

const find = (text: string, limits = LIMITS) => findStructureFault(parse(text), limits);
const times = (count: number, print: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => print(index)).join(' ');

/** So many fragments spread in one place, each with the same field. */
const spreads = (count: number) =>
  `{ ${times(count, (index) => `...F${index}`)} } ${times(count, (index) => `fragment F${index} on Query { a }`)}`;

/** A name, what is admitted by the skin of its teeth, and the same with one more. */
const EDGES: readonly (readonly [string, admitted: string, refused: string, rule: RegExp])[] = [
  ['depth', '{ a { b { c { d } } } }', '{ a { b { c { d { e } } } } }', /4 fields deep/],
  [
    'depth through fragments',
    '{ a { ...F } } fragment F on T { ... { b { ... on T { c { d } } } } }',
    '{ a { ...F } } fragment F on T { ... { b { ... on T { c { d { e } } } } } }',
    /4 fields deep/,
  ],
  [
    'aliases, of __typename too',
    '{ a: __typename b: __typename c: x }',
    '{ a: __typename b: __typename c: x d: y }',
    /3 aliases/,
  ],
  [
    'aliases of a fragment, wherever it is spread',
    '{ p { ...F } q { ...F } r { ...F } } fragment F on T { a: b }',
    '{ p { ...F } q { ...F } r { ...F } s { ...F } } fragment F on T { a: b }',
    /3 aliases/,
  ],
  [
    'aliases in all operations',
    'query P { a: b c: d } query Q { a: b }',
    'query P { a: b c: d } query Q { a: b c: d }',
    /3 aliases/,
  ],
  ['directives', '{ a @x @x b @y }', '{ a @x @x @x @x }', /3 directives/],
  [
    'directives anywhere',
    'query ($v: Int @x) @x { ... @x { a } }',
    'query ($v: Int @x) @x { ... @x { a } ...F } fragment F on Query @x { b }',
    /3 directives/,
  ],
  ['root fields', '{ a b c __typename }', '{ a b c __typename d }', /4 fields of the root/],
  [
    'root fields through fragments',
    '{ a ...F ...F } fragment F on Query { b c ... { d } }',
    '{ a ...F ...F } fragment F on Query { b c ... { d e } }',
    /4 fields of the root/,
  ],
  [
    'repeats of one field',
    `{ p { ${'a '.repeat(70)} } }`,
    `{ p { ${'a '.repeat(71)} } }`,
    /5000 comparisons/,
  ],
  [
    'repeats that fragments bring together',
    `{ p { ${'a '.repeat(35)} } ...F } fragment F on Query { p { ${'a '.repeat(35)} } }`,
    `{ p { ${'a '.repeat(36)} } ...F } fragment F on Query { p { ${'a '.repeat(35)} } }`,
    /5000 comparisons/,
  ],
  [
    'repeats with all that their arguments hold',
    `{ ${'p(a: [{ b: 1 } { b: [2 3] }]) '.repeat(22)} }`,
    `{ ${'p(a: [{ b: 1 } { b: [2 3] }]) '.repeat(23)} }`,
    /5000 comparisons/,
  ],
  ['fragments in one place', spreads(49), spreads(50), /5000 comparisons/],
  [
    'operations and fragments',
    times(MAXIMUM_DEFINITIONS, (index) => `query Q${index} { a }`),
    times(MAXIMUM_DEFINITIONS + 1, (index) => `query Q${index} { a }`),
    /200 operations and fragments/,
  ],
  [
    'fields altogether',
    `{ p { ${times(MAXIMUM_SELECTIONS - 1, (index) => `f${index}`)} } }`,
    `{ p { ${times(MAXIMUM_SELECTIONS, (index) => `f${index}`)} } }`,
    /5000 fields and fragments/,
  ],
  [
    'what no operation reaches',
    '{ a } fragment F on T { a { b { c { d } } } }',
    '{ a } fragment F on T { a { b { c { d { e } } } } }',
    /4 fields deep/,
  ],
];

describe('the limits on the shape of a document', () => {
  for (const [name, admitted, refused, rule] of EDGES) {
    it(`admit and refuse at the edge: ${name}`, () => {
      assert.equal(find(admitted), undefined);
      const fault = find(refused);
      assert.equal(fault?.code, 'COST_EXCEEDED');
      assert.match(fault?.rule ?? '', rule);
      assert.equal(typeof fault?.value, 'number');
    });
  }
});

describe('the look at the shape of a document', () => {
  it('admits what tools and examples send, with room to spare', () => {
    const documents = [
      ...EXAMPLE_OPERATIONS.map(({ document }) => document),
      getIntrospectionQuery({
        schemaDescription: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        inputValueDeprecation: true,
        oneOf: true,
      }),
    ];
    for (const document of documents) {
      assert.equal(
        find(document, { ...DEFAULT_OPERATION_LIMITS, maximumAliases: 10, maximumDirectives: 5 }),
        undefined,
      );
    }
  });

  it('leaves a fragment that stands in itself to validation, and comes to an end', () => {
    for (const document of [
      '{ ...F } fragment F on Query { ...F }',
      '{ ...F } fragment F on Query { a { ...F } ...F }',
      '{ ...F } fragment F on Query { a { ...G } } fragment G on Query { b { ...F } ...G }',
      '{ a } fragment F on Query { ...G } fragment G on Query { ...F }',
      '{ ...Nowhere }',
    ]) {
      assert.equal(find(document), undefined, document);
    }
  });

  it('comes to an end of fragments that multiply', () => {
    const bomb = `{ ...F0 } ${times(40, (index) => `fragment F${index} on T { p { ...F${index + 1} } q { ...F${index + 1} } }`)} fragment F40 on T { a }`;
    assert.match(find(bomb, { ...LIMITS, maximumDepth: 1_000 })?.rule ?? '', /5000 fields/);
    const { document, reads } = countReads(parse(bomb));
    findStructureFault(document, { ...LIMITS, maximumDepth: 1_000 });
    assert.ok(reads() < 200_000, `${reads()} reads`);
  });
});

/** Documents that take validation long, each as large as is admitted. */
const WORST: Readonly<Record<string, string>> = {
  repeats: `{ ${'snapshot '.repeat(70)} }`,
  'repeats with fields': `{ ${'snapshot { id revision } '.repeat(40)} }`,
  'repeats with arguments': `{ ${times(8, () => `nodes(ids: [${times(76, (id) => `"${id}"`)}]) `)} }`,
  spreads: `{ ${times(49, (index) => `...F${index}`)} } ${times(49, (index) => `fragment F${index} on Query { snapshot }`)}`,
  'repeats of spreads': `{ ${'snapshot { ...F } '.repeat(40)} } fragment F on Snapshot { id revision ...G } fragment G on Snapshot { id }`,
  operations: times(200, (index) => `query Q${index} { snapshot { id } }`),
  chain: `{ ...F0 } ${times(60, (index) => `fragment F${index} on Query { ...F${index + 1} }`)} fragment F60 on Query { snapshot }`,
  nesting: `{ ${'... { '.repeat(1_200)}__typename${' }'.repeat(1_200)} }`,
  unknown: `{ devices { ${times(4_900, (index) => `f${index}`)} } }`,
};

describe('validation of what is admitted', () => {
  const schema = createSchema(SCHEMA_TEXT);
  for (const [name, text] of Object.entries(WORST)) {
    it(`takes bounded work: ${name}`, () => {
      const parsed = parse(text, { maxTokens: DEFAULT_OPERATION_LIMITS.maximumTokens });
      assert.equal(findStructureFault(parsed, DEFAULT_OPERATION_LIMITS), undefined);
      const { document, reads } = countReads(parsed);
      validate(schema, document, undefined, { maxErrors: 8 });
      assert.ok(reads() < MAXIMUM_COMPARISONS * 100, `${reads()} reads`);
    });
  }

  it('would not, were it not for the limits', () => {
    const parsed = parse(`{ ${'snapshot { id } '.repeat(900)} }`, {
      maxTokens: DEFAULT_OPERATION_LIMITS.maximumTokens,
    });
    assert.ok(findStructureFault(parsed, DEFAULT_OPERATION_LIMITS) !== undefined);
    const { document, reads } = countReads(parsed);
    validate(schema, document, undefined, { maxErrors: 8 });
    assert.ok(reads() > MAXIMUM_COMPARISONS * 100, `${reads()} reads`);
  });
});
