import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  DOCUMENT_AMBIGUOUS,
  DOCUMENT_NOT_FOUND,
  HASH_REQUIRED,
  resolveBody,
  resolveSearch,
  type TrustedOperations,
} from '../../../src/http/named-document.ts';

const HASH = 'ab'.repeat(32);
const UNKNOWN = 'cd'.repeat(32);
const TEXT = 'query Trusted { __typename }';
const OTHER = '{ other }';

const trusted = (isEnforced: boolean): TrustedOperations => ({
  isEnforced,
  findDocument: (id) => (id === HASH || id === `sha256:${HASH}` ? TEXT : undefined),
});
const persisted = (sha256Hash: unknown, version: unknown = 1) => ({
  persistedQuery: { version, sha256Hash },
});

/** The same request by GET. */
function toSearch(body: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined || value === '') continue;
    parameters.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return parameters.toString();
}

describe('a request that names its document', () => {
  for (const isEnforced of [false, true]) {
    it(`gets its text, as documentId and as Apollo's clients send it${isEnforced ? ', enforced' : ''}`, () => {
      for (const named of [
        { documentId: HASH },
        { documentId: `sha256:${HASH}`, query: null },
        { extensions: persisted(HASH) },
        { documentId: HASH, extensions: persisted(UNKNOWN) },
      ]) {
        const rest = { variables: { a: 1 }, operationName: 'Trusted' };
        const body = resolveBody({ ...named, ...rest }, trusted(isEnforced));
        assert.ok('request' in body, JSON.stringify(named));
        const { query, variables, extensions } = body.request as Record<string, unknown>;
        assert.deepEqual([query, variables], [TEXT, rest.variables]);
        assert.equal(Object.hasOwn(Object(extensions), 'persistedQuery'), false);
        const search = resolveSearch(toSearch({ ...named, ...rest }), trusted(isEnforced));
        assert.ok('request' in search);
        const parameters = new URLSearchParams(search.request);
        assert.deepEqual(
          [parameters.getAll('query'), parameters.get('variables'), parameters.get('operationName')],
          [[TEXT], '{"a":1}', 'Trusted'],
        );
        assert.doesNotMatch(search.request, /persistedQuery/);
      }
    });
  }

  it('keeps its other extensions', () => {
    const extensions = { ...persisted(HASH), tracing: true };
    const body = resolveBody({ extensions }, trusted(true));
    assert.deepEqual(body, { request: { query: TEXT, extensions: { tracing: true } } });
  });

  it('is refused when the hash is unknown, unless a client may have registered it', () => {
    const failure = DOCUMENT_NOT_FOUND;
    assert.deepEqual(resolveBody({ documentId: UNKNOWN }, trusted(false)), { failure });
    assert.deepEqual(resolveBody({ documentId: UNKNOWN }, trusted(true)), { failure });
    const registered = { extensions: persisted(UNKNOWN) };
    assert.deepEqual(resolveBody(registered, trusted(true)), { failure });
    assert.deepEqual(resolveBody(registered, trusted(false)), { request: registered });
    assert.deepEqual(resolveSearch(toSearch(registered), trusted(false)), { request: toSearch(registered) });
  });

  it('is refused when it says twice what to run, or names no text', () => {
    for (const body of [
      { documentId: HASH, query: TEXT },
      { documentId: 7 },
      { documentId: { toString: 1 } },
    ]) {
      assert.deepEqual(resolveBody(body, trusted(false)), { failure: DOCUMENT_AMBIGUOUS });
    }
  });

  it('leaves a request that names none as it is', () => {
    for (const body of [{ query: OTHER }, { query: OTHER, extensions: persisted(HASH) }, {}, null, 3, [1]]) {
      assert.deepEqual(resolveBody(body, trusted(false)), { request: body });
    }
    for (const search of [
      'query={other}',
      'query=a&query=b',
      'documentId=a&documentId=b',
      'extensions=%7B',
      '',
    ]) {
      assert.deepEqual(resolveSearch(search, trusted(false)), { request: search });
    }
  });
});

describe('where hashes are enforced', () => {
  it('a text is refused, that of a trusted document too, and registers nothing', () => {
    for (const body of [
      { query: OTHER },
      { query: TEXT },
      { query: '' },
      { query: TEXT, documentId: HASH },
      { query: TEXT, extensions: persisted(HASH) },
      { query: 7 },
      {},
      null,
      [{ documentId: HASH }],
      { extensions: persisted(HASH, 2) },
      { extensions: persisted([HASH]) },
    ]) {
      assert.deepEqual(resolveBody(body, trusted(true)), { failure: HASH_REQUIRED }, JSON.stringify(body));
    }
    for (const search of ['query={other}', `query=&documentId=${HASH}&query={other}`, 'extensions=%7B', '']) {
      assert.deepEqual(resolveSearch(search, trusted(true)), { failure: HASH_REQUIRED }, search);
    }
  });

  it('nothing but a trusted document is ever handed on, whatever is sent', () => {
    const value = fc.oneof(
      fc.constantFrom(TEXT, OTHER, HASH, UNKNOWN, `sha256:${HASH}`, '', null, undefined, 7, true),
      fc.constantFrom(
        persisted(HASH),
        persisted(UNKNOWN),
        persisted(HASH, '1'),
        { persistedQuery: HASH },
        [],
      ),
    );
    const names = ['query', 'documentId', 'extensions', 'variables', 'operationName', 'id', '__proto__'];
    const body = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.oneof(body, value), (sent) => {
        const resolved = resolveBody(sent, trusted(true));
        if ('request' in resolved) assert.equal((resolved.request as { query: string }).query, TEXT);
      }),
    );
    const parameter = fc.tuple(fc.constantFrom(...names), fc.oneof(value.map(String), value.map(toJson)));
    fc.assert(
      fc.property(fc.array(parameter, { maxLength: 5 }), (parameters) => {
        const resolved = resolveSearch(new URLSearchParams(parameters).toString(), trusted(true));
        if ('failure' in resolved) return;
        assert.deepEqual(new URLSearchParams(resolved.request).getAll('query'), [TEXT]);
      }),
    );
  });
});

function toJson(value: unknown): string {
  return JSON.stringify(value) ?? '';
}
