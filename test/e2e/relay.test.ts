import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { buildSchema, isEnumType } from 'graphql';
import { DEFAULT_PAGE_SIZE } from '../../src/graphql/pagination.ts';
import { type FixedTenant, startFixedTenant } from '../support/fixed-tenant.ts';
import { SCHEMA_TEXT } from '../support/graphql-harness.ts';
import {
  CONNECTION_FIELDS,
  type ConnectionField,
  FILTERS,
  openRelayConnection,
  type PageVariables,
  type RelayConnection,
} from '../support/relay-connections.ts';
import { checkPage, readWhole, toIds, walkBackward, walkForward } from '../support/relay-walks.ts';

const schema = buildSchema(SCHEMA_TEXT);
const ALTERATIONS = 100;

/** Missing values, ties, names in any form. */
const ODD_DATA = { seed: 7, quirks: 'all' } as const;

let tenant: FixedTenant;
before(async () => {
  tenant = await startFixedTenant(ODD_DATA);
});
after(() => tenant[Symbol.asyncDispose]());

for (const field of CONNECTION_FIELDS) {
  describe(`${field.parent}.${field.field}`, () => {
    let connection: RelayConnection;
    before(async () => {
      connection = await openRelayConnection(tenant.gateway, field);
    });

    it('gives the same list as a whole, forward and backward, over every filter in every order', async () => {
      for (const orderBy of findOrders(field)) {
        const all = await readWhole(connection, { orderBy });
        assert.ok(all.length > 1, 'there is something to page through');
        for (const filter of FILTERS[field.type]) {
          const choice = { orderBy, filter };
          const whole = await readWhole(connection, choice);
          if (filter !== undefined && field.parent === 'Query')
            assert.ok(whole.length > 0 && whole.length < all.length, 'a filter narrows the list');
          const chosen = new Set(toIds(whole));
          const expected = toIds(all).filter((id) => chosen.has(id));
          assert.deepEqual(toIds(whole), expected, 'a filter changes no order');
          assert.deepEqual(
            await walkForward(connection, choice, whole.length),
            expected,
            JSON.stringify(choice),
          );
          assert.deepEqual(
            await walkBackward(connection, choice, whole.length),
            expected,
            JSON.stringify(choice),
          );
        }
      }
    });

    it('goes on from any place of the unfiltered list, over every filter in every order', async () => {
      for (const orderBy of findOrders(field)) {
        const all = await readWhole(connection, { orderBy });
        for (const [index, filter] of FILTERS[field.type].entries()) {
          const choice = { orderBy, filter };
          const chosen = new Set(toIds(await readWhole(connection, choice)));
          const place = Math.floor((all.length * (index + 1)) / (FILTERS[field.type].length + 1));
          const { cursor } = all[place]!;
          const before = toIds(all.slice(0, place)).filter((id) => chosen.has(id));
          const after = toIds(all.slice(place + 1)).filter((id) => chosen.has(id));
          const isChosen = chosen.has(all[place]!.node.id);

          const forward = await connection.read({ ...choice, first: 2, after: cursor });
          assert.deepEqual(toIds(forward.edges), after.slice(0, 2), JSON.stringify(choice));
          assert.equal(
            forward.pageInfo.hasPreviousPage,
            before.length > 0 || isChosen,
            JSON.stringify(choice),
          );
          assert.equal(forward.pageInfo.hasNextPage, after.length > 2, JSON.stringify(choice));

          const backward = await connection.read({ ...choice, last: 2, before: cursor });
          assert.deepEqual(toIds(backward.edges), before.slice(-2), JSON.stringify(choice));
          assert.equal(backward.pageInfo.hasNextPage, after.length > 0 || isChosen, JSON.stringify(choice));
          assert.equal(backward.pageInfo.hasPreviousPage, before.length > 2, JSON.stringify(choice));
        }
      }
    });

    it('cuts at both cursors, from either end', async () => {
      const { edges } = await connection.read({ first: 1_000 });
      const last = edges.length - 1;
      for (const [from, to] of [
        [0, last],
        [0, 1],
        [last, 0],
        [1, 1],
      ] as const) {
        const range = { after: edges[from]!.cursor, before: edges[to]!.cursor };
        const between = edges.slice(from + 1, to);
        for (const size of [0, 1, between.length, between.length + 1]) {
          const forward = await connection.read({ first: size, ...range });
          assert.deepEqual(forward.edges, between.slice(0, size));
          const backward = await connection.read({ last: size, ...range });
          assert.deepEqual(backward.edges, size === 0 ? [] : between.slice(-size));
          for (const page of [forward, backward]) {
            checkPage(page);
            assert.equal(page.totalCount, edges.length);
          }
          if (between.length > 0) {
            assert.deepEqual([forward.pageInfo.hasPreviousPage, backward.pageInfo.hasNextPage], [true, true]);
          }
        }
      }
      const behind = await connection.read({ after: edges[last]!.cursor });
      assert.deepEqual(
        [behind.edges, behind.pageInfo.hasPreviousPage, behind.pageInfo.hasNextPage],
        [[], true, false],
      );
      const ahead = await connection.read({ last: 10, before: edges[0]!.cursor });
      assert.deepEqual(
        [ahead.edges, ahead.pageInfo.hasPreviousPage, ahead.pageInfo.hasNextPage],
        [[], false, true],
      );
    });

    it('is empty for a size of zero, with true flags and the count of all', async () => {
      const { totalCount } = await connection.read({});
      for (const size of [{ first: 0 }, { last: 0 }]) {
        const page = await connection.read(size);
        checkPage(page);
        assert.deepEqual([page.edges, page.totalCount], [[], totalCount]);
        assert.deepEqual(
          [page.pageInfo.hasPreviousPage, page.pageInfo.hasNextPage],
          'first' in size ? [false, true] : [true, false],
        );
      }
    });

    it('refuses both sizes at once, a negative one and one over 1,000', async () => {
      for (const [variables, argument] of [
        [{ first: 1, last: 1 }, 'first'],
        [{ first: 0, last: 0 }, 'first'],
        [{ first: -1 }, 'first'],
        [{ last: -1 }, 'last'],
        [{ first: 1_001 }, 'first'],
        [{ last: 1_001 }, 'last'],
      ] as const) {
        assert.deepEqual(await connection.refuse(variables), { code: 'BAD_USER_INPUT', argument });
      }
      checkPage(await connection.read({ first: 1_000 }));
      checkPage(await connection.read({ last: 1_000 }));
    });

    it('takes null for absent', async () => {
      const plain = await connection.read({});
      assert.equal(plain.edges.length, Math.min(DEFAULT_PAGE_SIZE, plain.totalCount));
      const nulls = { after: null, before: null, filter: null, orderBy: null };
      assert.deepEqual(await connection.read({ first: null, last: null, ...nulls }), plain);
      assert.deepEqual(
        await connection.read({ first: 2, last: null, ...nulls }),
        await connection.read({ first: 2 }),
      );
      assert.deepEqual(
        await connection.read({ first: null, last: 2, ...nulls }),
        await connection.read({ last: 2 }),
      );
    });

    it('refuses a cursor of another type, order or direction', async () => {
      const orders = findOrders(field);
      const cursors = await Promise.all(orders.map((orderBy) => findCursor(connection, orderBy)));
      for (const [index, orderBy] of orders.entries()) {
        // Both directions of a field stand side by side.
        const neighbours = orders.length === 1 ? [] : [index ^ 1, (index + 2) % orders.length];
        const ofOtherTypes = await findCursorsOfOtherTypes(field, orderBy);
        for (const cursor of [...neighbours.map((other) => cursors[other]!), ...ofOtherTypes]) {
          for (const argument of ['after', 'before'] as const) {
            const refusal = await connection.refuse({ orderBy, [argument]: cursor });
            assert.deepEqual(refusal, { code: 'BAD_USER_INPUT', argument });
          }
        }
      }
    });

    it('refuses a cursor with any character changed, dropped or added', async () => {
      const { edges } = await connection.read({ first: 1_000 });
      const cursors = edges.map(({ cursor }) => cursor);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...cursors).chain(alterationOf),
          fc.constantFrom('after', 'before'),
          async (cursor, argument) => {
            fc.pre(!cursors.includes(cursor));
            assert.deepEqual(await connection.refuse({ [argument]: cursor }), {
              code: 'BAD_USER_INPUT',
              argument,
            });
          },
        ),
        { numRuns: ALTERATIONS },
      );
    });
  });
}

/** Every order of the schema in both directions; for groups, which have none, nothing. */
function findOrders({ type }: ConnectionField): PageVariables['orderBy'][] {
  const fields = schema.getType(`${type}OrderField`);
  if (!isEnumType(fields)) return [undefined];
  return fields
    .getValues()
    .flatMap(({ name }) => ['ASC', 'DESC'].map((direction) => ({ field: name, direction })));
}

async function findCursor(connection: RelayConnection, orderBy: PageVariables['orderBy']): Promise<string> {
  const { edges } = await connection.read({ first: 1, orderBy });
  return edges[0]!.cursor;
}

/** One of each other type, in the order of the same name where the type has it, else in its default order. */
async function findCursorsOfOtherTypes(
  { type }: ConnectionField,
  orderBy: PageVariables['orderBy'],
): Promise<string[]> {
  const others = CONNECTION_FIELDS.filter((other) => other.parent === 'Query' && other.type !== type);
  return Promise.all(
    others.map(async (other) => {
      const same = findOrders(other).find((order) => isDeepStrictEqual(order, orderBy));
      return findCursor(await openRelayConnection(tenant.gateway, other), same);
    }),
  );
}

/** The cursor with one character changed, dropped or added, or cut short. */
function alterationOf(cursor: string): fc.Arbitrary<string> {
  const at = fc.nat({ max: cursor.length - 1 });
  const character = fc.oneof(
    fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ '),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  );
  return fc.oneof(
    fc.tuple(at, character).map(([index, other]) => cursor.slice(0, index) + other + cursor.slice(index + 1)),
    at.map((index) => cursor.slice(0, index) + cursor.slice(index + 1)),
    fc.tuple(at, character).map(([index, other]) => cursor.slice(0, index) + other + cursor.slice(index)),
    fc.tuple(fc.constant(cursor), character).map(([whole, other]) => whole + other),
    at.map((index) => cursor.slice(0, index)),
  );
}
