import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { parse } from 'graphql';
import { type ManifestFault, parseTrustedDocuments } from '../../../src/graphql/trusted-documents.ts';

const TYPE_DEFS = `
type Query { device(id: String!, at: Int): Device }
type Device { id: ID! name: String }
type Mutation { refresh: Boolean }
`;

const hashOf = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex');
const parseManifest = (manifest: unknown) => parseTrustedDocuments(JSON.stringify(manifest), TYPE_DEFS);

function faultsOf(manifest: unknown): readonly ManifestFault[] {
  return parseManifest(manifest).faults;
}

const TEXT = 'query Name($id: String!) { device(id: $id) { name } }';

describe('a manifest of trusted documents', () => {
  it('has its documents by their keys, however the generator made them, and by the SHA-256 of their texts', () => {
    const sha256 = hashOf('sha256', TEXT);
    for (const key of [`sha256:${sha256}`, sha256, hashOf('sha1', TEXT), 'Name@7', 'vendor:Name']) {
      const { documents, faults } = parseManifest({ [key]: TEXT });
      assert.deepEqual(faults, []);
      for (const id of [key, sha256]) assert.equal(documents.find(id), TEXT, id);
      assert.equal(documents.find('Name'), undefined);
      assert.equal(documents.find('__proto__'), undefined);
    }
    const prefixed = parseManifest({ [`sha256:${sha256}`]: TEXT }).documents;
    assert.equal(prefixed.find(sha256.toUpperCase()), undefined);
  });

  it('names the operation that does not fit the schema, and why', () => {
    const manifest = {
      good: TEXT,
      gone: 'query Gone { device(id: "a") { serial } }',
      broken: 'query Broken {',
      fragment: 'fragment F on Device { id }',
      subscription: 'subscription Live { refresh }',
      [hashOf('sha1', TEXT)]: `${TEXT} `,
      [`sha256:${hashOf('sha256', 'another')}`]: TEXT,
      'sha256:short': TEXT,
    };
    assert.deepEqual(
      faultsOf(manifest).map(({ operation, problem }) => [operation, problem.replace(/[\da-f]{40,}/, '…')]),
      [
        ['Gone', 'Cannot query field "serial" on type "Device"'],
        ['broken', 'Syntax Error: Expected Name, found <EOF>'],
        ['fragment', 'it has no operation'],
        ['Live', 'it is a subscription, and the schema has none'],
        ['Name', 'its hash in the file, …, is not that of its text'],
        ['Name', 'its hash in the file, sha256:…, is not that of its text'],
        ['Name', 'its hash in the file, sha256:short, is not that of its text'],
      ],
    );
  });

  it('is an object of texts, and says no more than twenty times what is wrong', () => {
    for (const text of ['', '{', '[]', 'null', '"text"', '{"a":1}', '{"a":{"b":"{ __typename }"}}']) {
      const { faults } = parseTrustedDocuments(text, TYPE_DEFS);
      assert.deepEqual(
        faults.map(({ operation }) => operation),
        [null],
        text,
      );
    }
    const wrong = Array.from({ length: 50 }, (_, index) => [`wrong-${index}`, '{']);
    assert.equal(faultsOf(Object.fromEntries(wrong)).length, 20);
    assert.deepEqual(faultsOf({}), []);
  });

  it('knows an operation again that its generator has sorted, and a client has added __typename to', () => {
    const { documents } = parseManifest({
      sorted: 'query Name($at: Int, $id: String!) { device(at: $at, id: $id) { id name } }',
    });
    const written =
      'query Name($id: String!, $at: Int) {\n device(id: $id, at: $at) { name id __typename } }';
    assert.equal(documents.hasWordsOf(parse(written)), true);
    assert.equal(documents.hasWordsOf(parse(written.replace('name', ''))), false);
    assert.equal(documents.hasWordsOf(parse(written.replace('query Name', 'query Other'))), false);
  });
});
