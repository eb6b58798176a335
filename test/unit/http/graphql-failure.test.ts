import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANONYMOUS_CALLER, type Right } from '../../../src/core/caller.ts';
import {
  renderGraphQLFailure,
  toGraphQLFailure,
  toResponseExtensions,
  withExtensions,
} from '../../../src/http/graphql-failure.ts';

const extension = { id: 'a', revision: 3, generatedAt: null };
const cost = { computed: null, limit: 9 };
const findSnapshot = () => ({ extension, expiresAtMs: null });
const extensions = toResponseExtensions(findSnapshot, 9, ANONYMOUS_CALLER);
const withoutSnapshot = toResponseExtensions(() => null, 9, ANONYMOUS_CALLER);

test('tells the snapshot to whoever may read it, and to nobody else', () => {
  const tell = (rights: readonly Right[]) =>
    toResponseExtensions(findSnapshot, 9, { rights: new Set(rights) });
  assert.deepEqual(tell(['Inventory.Read']), { snapshot: extension, cost });
  assert.deepEqual(tell(['Inventory.Operate', 'Inventory.Refresh']), { snapshot: null, cost });
  assert.deepEqual(toResponseExtensions(findSnapshot, 9, null), { snapshot: null, cost });
});

test('explains what the caller can mend', () => {
  const explain = (statusCode: number, code: string) => toGraphQLFailure({ statusCode, code }, 'r').message;
  assert.equal(explain(415, 'FST_ERR_CTP_INVALID_MEDIA_TYPE'), 'Content-Type must be application/json.');
  assert.equal(
    explain(400, 'FST_ERR_CTP_EMPTY_JSON_BODY'),
    'The body must be a JSON object with a "query", but it is empty.',
  );
  assert.equal(
    explain(400, 'FST_ERR_CTP_INVALID_JSON_BODY'),
    'The body must be JSON, but it cannot be parsed.',
  );
  assert.equal(
    explain(413, 'FST_ERR_CTP_BODY_TOO_LARGE'),
    'The body is larger than this server reads: send a shorter document or fewer variables.',
  );
  assert.equal(
    explain(400, 'FST_ERR_CTP_INVALID_CONTENT_LENGTH'),
    'Content-Length must be the length of the body.',
  );
  assert.equal(explain(400, 'FST_ERR_OTHER'), 'The request cannot be read as a GraphQL request.');
});

test('masks what the caller cannot mend, and names the request', () => {
  const masked = { status: 500, code: 'INTERNAL_SERVER_ERROR', message: 'Internal error; request id r1.' };
  assert.deepEqual(toGraphQLFailure({}, 'r1'), masked);
  assert.deepEqual(toGraphQLFailure({ statusCode: 503, code: 'X' }, 'r1'), masked);
});

test('renders a GraphQL response in the type that the caller accepts, else in JSON', () => {
  const failure = { status: 400, code: 'BAD_REQUEST', message: 'No.' } as const;
  const expected = {
    errors: [{ message: 'No.', extensions: { code: 'BAD_REQUEST' } }],
    extensions: { snapshot: extension, cost },
  };
  const graphql = renderGraphQLFailure(failure, 'application/graphql-response+json', extensions);
  assert.equal(graphql.contentType, 'application/graphql-response+json; charset=utf-8');
  assert.deepEqual(JSON.parse(graphql.body), expected);
  const plain = renderGraphQLFailure(failure, undefined, withoutSnapshot);
  assert.equal(plain.contentType, 'application/json; charset=utf-8');
  assert.deepEqual(JSON.parse(plain.body), { ...expected, extensions: { snapshot: null, cost } });
});

test('adds its extensions to a response that lacks them, and keeps those that it has', () => {
  assert.deepEqual(JSON.parse(withExtensions('{"errors":[]}', extensions)), {
    errors: [],
    extensions: { snapshot: extension, cost },
  });
  assert.deepEqual(
    JSON.parse(withExtensions('{"errors":[],"extensions":{"cost":1,"other":2}}', withoutSnapshot)),
    { errors: [], extensions: { snapshot: null, cost: 1, other: 2 } },
  );
});

test('leaves a response alone that says all of it', () => {
  const body = '{"errors":[],"extensions":{"cost":{"computed":1,"limit":9},"snapshot":null}}\n';
  assert.equal(withExtensions(body, extensions), body);
});
