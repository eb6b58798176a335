import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amendPlaygroundPage, restoreActiveTab } from '../../../src/http/playground-amendments.ts';

const ADDRESS = 'http://localhost/';
const FIRST = { query: '{ first }', variables: '' };
const SECOND = { query: '{ second }', variables: '{"a":1}' };
const THIRD = { query: null, variables: null };

function restore(kept: Record<string, string>, address = ADDRESS): Record<string, string> {
  const entries = new Map(Object.entries(kept));
  restoreActiveTab(
    {
      getItem: (key) => entries.get(key) ?? null,
      setItem: (key, value) => entries.set(key, value),
      removeItem: (key) => entries.delete(key),
    },
    address,
  );
  entries.delete('graphiql:tabState');
  return Object.fromEntries(entries);
}

function tabState(activeTabIndex: number): string {
  return JSON.stringify({ tabs: [FIRST, SECOND, THIRD], activeTabIndex });
}

test('a revisit takes document and variables from the tab that was active', () => {
  assert.deepEqual(restore({ 'graphiql:tabState': tabState(1) }), {
    'graphiql:query': SECOND.query,
    'graphiql:variables': SECOND.variables,
  });
});

test('a revisit drops what another tab left behind', () => {
  const kept = { 'graphiql:query': SECOND.query, 'graphiql:variables': SECOND.variables };
  assert.deepEqual(restore({ ...kept, 'graphiql:tabState': tabState(0) }), { 'graphiql:query': FIRST.query });
  assert.deepEqual(restore({ ...kept, 'graphiql:tabState': tabState(2) }), {});
});

test("the tab with the address's document goes before the active one", () => {
  const address = `${ADDRESS}?query=${encodeURIComponent(SECOND.query)}`;
  assert.deepEqual(restore({ 'graphiql:tabState': tabState(0) }, address), {
    'graphiql:query': SECOND.query,
    'graphiql:variables': SECOND.variables,
  });
});

test('an address with a document of nobody, a first visit and a broken storage change nothing', () => {
  const address = `${ADDRESS}?query=${encodeURIComponent('{ other }')}`;
  const kept = { 'graphiql:query': '{ kept }' };
  assert.deepEqual(restore({ ...kept, 'graphiql:tabState': tabState(0) }, address), kept);
  for (const broken of ['', 'null', '{}', '{"tabs":[],"activeTabIndex":-1}', 'x']) {
    assert.deepEqual(restore({ ...kept, 'graphiql:tabState': broken }), kept, broken);
  }
  assert.deepEqual(restore(kept), kept);
});

test('the page gets the style at the end of its own, and the function right before the editor starts', () => {
  const page = amendPlaygroundPage('<style>a{}</style><script>YogaGraphiQL.renderYogaGraphiQL(1)</script>');
  assert.match(page, /^<style>a\{\}\.graphiql-tab\{transform:none!important\}<\/style><script>\(function/);
  assert.match(page, /\)\(localStorage, location\.href\);\nYogaGraphiQL\.renderYogaGraphiQL\(1\)<\/script>$/);
});

test('a page that has no place for them is refused', () => {
  assert.throws(
    () => amendPlaygroundPage('<script>YogaGraphiQL.renderYogaGraphiQL(1)</script>'),
    /must have/,
  );
  assert.throws(() => amendPlaygroundPage('<style></style><script></script>'), /must have/);
});
