/**
 * Refuses a change of `schema.graphql` that breaks clients: compares the working tree with the last commit
 * (or with the revision given as first argument). Exit code 1 with the list of breaking changes, 0 without any or when
 * that revision has no schema yet.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges } from 'graphql';

const SCHEMA_FILE = 'schema.graphql';

/** The breaking changes between two schema texts, one line each. */
export function listBreakingChanges(before: string, after: string): string[] {
  const changes = findBreakingChanges(buildSchema(before), buildSchema(after));
  return changes.map(({ type, description }) => `${type}: ${description}`);
}

/** The text of the schema in a revision; `undefined` when there is no such revision, or no schema in it. */
function findCommitted(revision: string): string | undefined {
  const { status, stdout } = spawnSync('git', ['show', `${revision}:${SCHEMA_FILE}`], { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

if (import.meta.main) {
  const revision = process.argv[2] ?? 'HEAD';
  const committed = findCommitted(revision);
  const changes =
    committed === undefined ? [] : listBreakingChanges(committed, readFileSync(SCHEMA_FILE, 'utf8'));
  if (committed === undefined)
    process.stdout.write(`${revision} has no ${SCHEMA_FILE}: nothing to compare with.\n`);
  for (const change of changes) process.stderr.write(`${change}\n`);
  if (changes.length > 0) process.exitCode = 1;
}
