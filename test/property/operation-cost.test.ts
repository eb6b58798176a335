import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  getVariableValues,
  isAbstractType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { measureCost } from '../../src/graphql/admission/measure-cost.ts';
import * as weights from '../../src/graphql/admission/weights.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { SCHEMA_TEXT } from '../support/graphql-harness.ts';
import { createRandom } from '../support/random.ts';
import {
  type Asked,
  type AskedOf,
  type Draw,
  drawOperation,
  type Written,
  writePlainly,
  writeSomehow,
} from '../support/random-operations.ts';

const schema = createSchema(SCHEMA_TEXT);

interface Priced {
  readonly value: unknown;
  readonly once: number;
  readonly each: number;
}

const { TEST, ENTRY, SEARCH, KEY_SEARCH, PATH_SEARCH, QUANTIFIER, JOIN } = weights;
const priced = (value: unknown, ...prices: readonly { once: number; each: number }[]): Priced => ({
  value,
  once: prices.reduce((sum, { once }) => sum + once, 0),
  each: prices.reduce((sum, { each }) => sum + each, 0),
});

/** Filters with their prices, as somebody would add them up by hand. */
const filterPrices = fc.letrec<Record<'certificate' | 'device' | 'installation', Priced>>((tie) => {
  const connectives = (inner: fc.Arbitrary<Priced>) =>
    fc.oneof(
      inner.map((filter) => priced({ not: filter.value }, filter)),
      fc
        .tuple(fc.constantFrom('and', 'or'), fc.array(inner, { minLength: 1, maxLength: 3 }))
        .map(([name, filters]) =>
          priced({ [name]: filters.map(({ value }) => value) }, ...filters, ...filters.map(() => ENTRY)),
        ),
    );
  const within = (name: string, inner: fc.Arbitrary<Priced>, price = { once: 0, each: 0 }) =>
    inner.map((filter) => priced({ [name]: filter.value }, filter, price));
  const both = (left: fc.Arbitrary<Priced>, right: fc.Arbitrary<Priced>) =>
    fc
      .tuple(left, right)
      .map(([one, other]) => priced({ ...(one.value as object), ...(other.value as object) }, one, other));
  const quantifier = fc.oneof(
    within('some', tie('installation'), QUANTIFIER),
    within('none', tie('installation'), QUANTIFIER),
  );
  const text = (search = SEARCH) =>
    fc.oneof(
      fc.constant(priced({ eq: 'x', contains: null }, TEST)),
      fc.constant(priced({ startsWith: 'x' }, TEST)),
      fc.constant(priced({ contains: 'x' }, TEST, search)),
      fc.constant(priced({ endsWith: 'x', isNull: false }, TEST, TEST, search)),
      fc
        .integer({ min: 0, max: 5 })
        .map((length) =>
          priced({ in: Array.from({ length }, () => 'x') }, TEST, ...new Array(length).fill(ENTRY)),
        ),
    );
  return {
    certificate: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'filter' },
      fc.constant(priced({})),
      fc.constant(priced({ keySize: { gt: 5, lte: 9 }, notAfter: null }, TEST, TEST)),
      within('subject', within('displayName', text())),
      both(within('thumbprint', text(KEY_SEARCH)), within('installations', quantifier)),
      connectives(tie('certificate')),
    ),
    device: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'filter' },
      fc.constant(priced({ certificateCount: { in: [1, 2] } }, TEST, ENTRY, ENTRY)),
      within('rbacGroup', within('name', text())),
      within('installations', quantifier),
      connectives(tie('device')),
    ),
    installation: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'filter' },
      within('path', text(PATH_SEARCH)),
      within('certificate', tie('certificate'), JOIN),
      both(within('device', tie('device'), JOIN), within('storeName', text())),
      connectives(tie('installation')),
    ),
  };
});

/** Prices of the filters that were drawn, by the filter itself. */
const known = new WeakMap<object, Priced>();
const remember = (arbitrary: fc.Arbitrary<Priced>) =>
  arbitrary.map((filter) => {
    const value = structuredClone(filter.value) as object;
    known.set(value, filter);
    return value;
  });
const pool = (arbitrary: fc.Arbitrary<Priced>) =>
  fc.array(remember(arbitrary), { minLength: 3, maxLength: 3 });

const draws = fc.noBias(fc.integer()).map((seed): Draw => createRandom(seed).below);
const operations = fc
  .tuple(
    draws,
    fc.record({
      CertificateFilter: pool(filterPrices.certificate),
      DeviceFilter: pool(filterPrices.device),
      InstallationFilter: pool(filterPrices.installation),
    }),
  )
  .map(([draw, filters]) => drawOperation(draw, schema, filters));

/** What an operation comes to when it is walked object by object, as if pages were full. */
function costByHand(asked: AskedOf): number {
  /** Searches of whole tables: once for each field of the document, however often it is come by. */
  let searched = new Map<Asked, number>();
  const walk = (fields: readonly Asked[], owner: Asked | null, type: GraphQLObjectType): number => {
    let spent = 0;
    for (const field of fields) {
      if (field.asked === null) {
        spent += leafPrice(field.name, type.name);
        continue;
      }
      const definition = type.getFields()[field.name]!;
      const count = isListType(getNullableType(definition.type)) ? countObjects(field, owner, type) : 1;
      for (let index = 0; index < Math.max(1, count); index += 1) {
        const object = walkObject(field, getNamedType(definition.type).name, type.name === 'Query');
        if (index < count) spent += object;
      }
    }
    return spent;
  };
  const walkObject = (field: Asked, typeName: string, isRoot: boolean): number => {
    const named = schema.getType(typeName)!;
    const types = isAbstractType(named) ? schema.getPossibleTypes(named) : [named as GraphQLObjectType];
    const outer = searched;
    let dearest = 0;
    let dearestSearch = new Map<Asked, number>();
    for (const type of types) {
      searched = new Map();
      let object = ROW_TYPES.includes(type.name) ? weights.ROW : weights.OBJECT;
      if (LOOK_UPS.some((name) => name in field.given)) object += weights.LOOK_UP;
      if (type.name.endsWith('Connection')) {
        const filter = findFilter(field);
        object = weights.PAGE + orderPrice(field.given.orderBy?.type, isRoot) + (filter?.each ?? 0);
        if (filter !== undefined && Object.keys(filter.value as object).length > 0) {
          object += (type.name === 'InstallationConnection' ? weights.INSTALLATION_FILTER : weights.FILTER)
            .each;
        }
        searched.set(field, filter?.once ?? 0);
      }
      dearest = Math.max(dearest, object + walk(field.asked?.[type.name] ?? [], field, type));
      if (sum(searched) > sum(dearestSearch)) dearestSearch = searched;
    }
    for (const [searching, price] of dearestSearch) outer.set(searching, price);
    searched = outer;
    return dearest;
  };
  const tenths = walk(asked.Query!, null, schema.getQueryType()!) + sum(searched);
  return Math.ceil(tenths / weights.TENTHS_PER_ROW);
}

const ROW_TYPES = ['Certificate', 'Device', 'Installation', 'RbacGroup'];
const LOOK_UPS = ['id', 'ids', 'thumbprint', 'deviceId'];
const LISTS = 'keyUsages unknownColumns samples rights rbacGroupIds'.split(' ');
const TIMES =
  'notBefore notAfter generatedAt publishedAt expiresAt lastSuccessAt nextRunAt at startedAt finishedAt resetsAt retryAt'.split(
    ' ',
  );

function leafPrice(name: string, type: string): number {
  if (LISTS.includes(name)) return weights.SCALARS;
  if (TIMES.includes(name)) return weights.TIME;
  if (name !== 'id' && name !== 'cursor') return weights.FIELD;
  return ['Installation', 'InstallationEdge'].includes(type) ? weights.LONG_OPAQUE : weights.OPAQUE;
}

/** The orders that operations are drawn with: of installations it is the one by path. */
function orderPrice(type: string | undefined, isRoot: boolean): number {
  if (type === undefined) return 0;
  if (isRoot) return weights.ORDER;
  return type === 'InstallationOrder' ? weights.RELATION_PATH_ORDER : weights.RELATION_ORDER;
}

const sum = (prices: ReadonlyMap<Asked, number>) =>
  [...prices.values()].reduce((all, price) => all + price, 0);

const findFilter = (field: Asked | null) =>
  field?.given.filter === undefined ? undefined : known.get(field.given.filter.value as object);

function countObjects(field: Asked, owner: Asked | null, type: GraphQLObjectType): number {
  if (field.given.ids !== undefined) return (field.given.ids.value as readonly unknown[]).length;
  if (!type.name.endsWith('Connection')) return weights.LIST_LENGTH;
  return ((owner?.given.first ?? owner?.given.last)?.value as number | undefined) ?? 50;
}

function costOf({ document, variables }: Written): number {
  const parsed = parse(document);
  assert.deepEqual(validate(schema, parsed), [], document);
  const operation = parsed.definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  )!;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of parsed.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const given = JSON.parse(JSON.stringify(variables));
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
  assert.ok(coerced !== undefined, JSON.stringify(errors));
  return measureCost({ schema, operation, fragments, variables: coerced });
}

describe('the cost of an operation', () => {
  test('is what it comes to when it is added up by hand', () => {
    fc.assert(
      fc.property(operations, (asked) => {
        assert.equal(costOf(writePlainly(asked)), costByHand(asked));
      }),
      { numRuns: 500 },
    );
  });

  test('does not depend on how the operation is written', () => {
    fc.assert(
      fc.property(operations, draws, (asked, draw) => {
        const written = writeSomehow(draw, asked);
        assert.equal(costOf(written), costOf(writePlainly(asked)), written.document);
      }),
      { numRuns: 500 },
    );
  });

  test('never falls when more is asked for', () => {
    fc.assert(
      fc.property(operations, draws, (asked, draw) => {
        const less = askLess(draw, asked);
        assert.ok(costOf(writePlainly(less)) <= costOf(writePlainly(asked)), writePlainly(less).document);
      }),
      { numRuns: 500 },
    );
  });
});

/** The same without some fields, filters and orders, and with smaller pages. */
function askLess(draw: Draw, asked: AskedOf): AskedOf {
  return Object.fromEntries(
    Object.entries(asked).map(([type, fields]) => {
      const kept = fields.filter((_, index) => index === 0 || draw(2) === 0);
      const fewer = kept.map((field): Asked => {
        const given = { ...field.given };
        for (const name of ['filter', 'orderBy'] as const) if (draw(2) === 0) delete given[name];
        for (const name of ['first', 'last'] as const) {
          const size = given[name]?.value as number | undefined;
          if (size !== undefined) given[name] = { type: 'Int', value: draw(size + 1) };
        }
        return { ...field, given, asked: field.asked === null ? null : askLess(draw, field.asked) };
      });
      return [type, fewer];
    }),
  );
}
