import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findResponseType } from '../../../src/http/accept.ts';

const JSON_TYPE = 'application/json';
const GRAPHQL_TYPE = 'application/graphql-response+json';

test('answers plain JSON when nothing is said or anything is accepted', () => {
  for (const accept of [undefined, '', '  ', '*/*', 'application/*', 'text/html, */*;q=0.1']) {
    assert.equal(findResponseType(accept), JSON_TYPE, String(accept));
  }
});

test('answers the one type that is accepted, whatever its case and parameters', () => {
  assert.equal(findResponseType('application/graphql-response+json'), GRAPHQL_TYPE);
  assert.equal(findResponseType('Application/GraphQL-Response+JSON; charset=utf-8'), GRAPHQL_TYPE);
  assert.equal(findResponseType('text/html, application/json;charset=utf-8'), JSON_TYPE);
});

test('follows the qualities, not the order', () => {
  assert.equal(findResponseType('application/json;q=0.5, application/graphql-response+json'), GRAPHQL_TYPE);
  assert.equal(findResponseType('application/graphql-response+json;q=0.5, */*;q=0.9'), JSON_TYPE);
  assert.equal(
    findResponseType('application/json ; q=0.1,application/graphql-response+json ; Q=0.2'),
    GRAPHQL_TYPE,
  );
});

test('lets the most specific range decide', () => {
  assert.equal(findResponseType('*/*, application/json;q=0'), GRAPHQL_TYPE);
  assert.equal(
    findResponseType('application/*;q=0.2, application/graphql-response+json;q=0.3'),
    GRAPHQL_TYPE,
  );
  assert.equal(findResponseType('application/json;q=0, application/*'), GRAPHQL_TYPE);
});

test('finds none when neither type is accepted', () => {
  for (const accept of [
    'text/html',
    'application/xml, text/*',
    'application/json;q=0',
    '*/*;q=0',
    'application/json;q=nonsense',
    'application/json;q=',
    'application/json;q=2',
    ',',
  ]) {
    assert.equal(findResponseType(accept), undefined, accept);
  }
});
