import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSchema, parse, validate } from 'graphql';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })].sort();
const decisions = globSync('docs/adr/*.md', { cwd: root })
  .map((path) => basename(path))
  .sort();

/** What an architecture decision record must have, in this order. */
const DECISION_SECTIONS = ['Context', 'Decision', 'Consequences', 'Alternatives', 'Evidence'];

function read(document: string): string {
  return readFileSync(join(root, document), 'utf8');
}

/** Without fenced blocks: commands and drawings name things that exist elsewhere, or nowhere. */
function toProse(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '');
}

/** The targets of links that are no URLs. */
function findRelativeLinks(text: string): string[] {
  const links = toProse(text).matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].map(([, target]) => target!).filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** Spans in backticks that look like a path in this repository; `<name>` and `*` stand for anything. */
function findPaths(text: string): string[] {
  const spans = [...toProse(text).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  return spans.filter(
    (span) =>
      /^(?:src|test|docs|tools|bench|\.ci)\/\S*$/.test(span) ||
      /^[\w.*<>-]+\.(?:ts|mjs|json|md|graphql|ya?ml)$/.test(span) ||
      /^(?:Dockerfile|LICENSE)$/.test(span),
  );
}

/** The anchors of a document's headings, as GitHub makes them. */
function findAnchors(text: string): Set<string> {
  const headings = [...toProse(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Why a link leads nowhere, or `undefined`. */
function findFault(document: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : relative(root, join(root, dirname(document), path));
  if (!existsSync(join(root, target))) return `${document} links to ${link}, which does not exist`;
  if (anchor !== undefined && !findAnchors(read(target)).has(anchor))
    return `${document} links to ${link}, but ${target} has no such heading`;
  return undefined;
}

test('every relative link leads to a file, and to a heading where it names one', () => {
  const links = documents.flatMap((document) =>
    findRelativeLinks(read(document)).map((link) => ({ document, link })),
  );
  assert.ok(links.length > 0, 'there are links');
  assert.deepEqual(
    links.map(({ document, link }) => findFault(document, link)).filter((fault) => fault !== undefined),
    [],
  );
});

test('every path in backticks exists', () => {
  const paths = documents.flatMap((document) =>
    findPaths(read(document)).map((path) => ({ document, path })),
  );
  assert.ok(paths.length > 0, 'there are paths');
  const missing = paths.filter(
    ({ path }) => globSync(path.replace(/<[^>]*>/g, '*').replace(/\/$/, ''), { cwd: root }).length === 0,
  );
  assert.deepEqual(
    missing.map(({ document, path }) => `${document} names ${path}`),
    [],
  );
});

test('every GraphQL example is valid against the schema', () => {
  const schema = buildSchema(read('schema.graphql'));
  const examples = documents.flatMap((document) =>
    [...read(document).matchAll(/^```graphql\n([\s\S]*?)^```$/gm)].map(([, example]) => ({
      document,
      example: example!,
    })),
  );
  assert.ok(examples.length > 0, 'there are examples');
  const faults = examples.flatMap(({ document, example }) =>
    validate(schema, parse(example)).map(({ message }) => `${document}: ${message}`),
  );
  assert.deepEqual(faults, []);
});

test('decision records are numbered from 0001 on, each number once', () => {
  assert.ok(decisions.length > 0, 'there are decision records');
  assert.deepEqual(
    decisions.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]),
    decisions.map((_, index) => String(index + 1).padStart(4, '0')),
  );
});

test('a decision record has its number, a date, a status and every section', () => {
  for (const name of decisions) {
    const text = read(join('docs/adr', name));
    assert.match(
      text,
      new RegExp(`^# ${name.slice(0, 4)}\\. .+\n\n- Date: \\d{4}-\\d\\d-\\d\\d\n- Status: \\w+`),
      name,
    );
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    assert.deepEqual(sections, DECISION_SECTIONS, name);
  }
});
