import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExportListing } from '../../../src/defender/export-endpoint.ts';
import { matchListings } from '../../../src/defender/export-identity.ts';

function list(paths: readonly string[], generatedAtMs: number | null = 5): ExportListing {
  return {
    files: paths.map((path) => ({
      url: new URL(`https://${path}?sig=${Math.random()}`),
      rbacGroupId: null,
      expiresAtMs: null,
    })),
    generatedAtMs,
  };
}

/** Paths of the matched pairs, in the order of the known listing. */
function match(known: ExportListing, other: ExportListing): string[][] | undefined {
  const matched = matchListings(known, other);
  return matched && [...matched].map((pair) => pair.map(({ url }) => url.host + url.pathname));
}

const DAY = '2026-11-23/0600/export/json/OrgId=1';
const FILES = [`${DAY}/_RbacGroupId=1/part-0.json.gz`, `${DAY}/_RbacGroupId=2/part-0.json.gz`];
const inContainer = (container: string, files: readonly string[] = FILES) =>
  files.map((file) => `host/temp-${container}/${file}`);

describe('the same export listed twice', () => {
  it('is known by what follows the container, in any order and on any host', () => {
    const renewed = inContainer('b').reverse();
    assert.deepEqual(match(list(inContainer('a')), list(renewed)), [
      [`host/temp-a/${FILES[0]}`, `host/temp-b/${FILES[0]}`],
      [`host/temp-a/${FILES[1]}`, `host/temp-b/${FILES[1]}`],
    ]);
    const elsewhere = renewed.map((path) => path.replace('host', 'other'));
    assert.equal(match(list(inContainer('a')), list(elsewhere))?.length, 2);
  });

  it('is known by its addresses where they stay the same', () => {
    const twoContainers = [...inContainer('a'), ...inContainer('b')];
    assert.deepEqual(
      match(list(twoContainers), list(twoContainers)),
      twoContainers.map((path) => [path, path]),
    );
  });

  for (const [name, known, other] of [
    ['was generated at another time', list(inContainer('a')), list(inContainer('b'), 6)],
    ['does not say when it was generated', list(inContainer('a'), null), list(inContainer('b'), null)],
    ['lacks a file', list(inContainer('a')), list(inContainer('b').slice(1))],
    ['has a file more', list(inContainer('a').slice(1)), list(inContainer('b'))],
    ['has another file', list(inContainer('a')), list(inContainer('b', [FILES[0]!, `${DAY}/part-1`]))],
    [
      'has a part of the same name in two new containers',
      list([...inContainer('a'), ...inContainer('b')]),
      list([...inContainer('c'), ...inContainer('d')]),
    ],
    ['lies in a container of a lasting name', list(['host/exports/part-0']), list(['host/others/part-0'])],
  ] as const) {
    it(`is taken for another one when it ${name}`, () => assert.equal(match(known, other), undefined));
  }
});
