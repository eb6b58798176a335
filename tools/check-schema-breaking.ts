/**
 * Refuses a change of `schema.graphql` that breaks clients: compares the working tree with the last commit, and with the
 * commit that set the version in package.json, so that a version never breaks what it began with. Exit code 1 with the
 * list of breaking changes. Raise the version, and say so in the changelog, to break clients on purpose.
 *
 *     node tools/check-schema-breaking.ts [revision …]     these revisions in place of the two
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

/** What git prints; `undefined` when it refuses, or has nothing to print. */
function askGit(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 && stdout !== '' ? stdout : undefined;
}

/** The commit that last changed the version. */
function findVersionCommit(): string | undefined {
  return askGit('log', '-1', '--format=%H', '-G^  "version":', '--', 'package.json')?.trim();
}

if (import.meta.main) {
  const schema = readFileSync(SCHEMA_FILE, 'utf8');
  const given = process.argv.slice(2);
  const revisions = given.length > 0 ? given : [...new Set(['HEAD', findVersionCommit() ?? 'HEAD'])];
  for (const revision of revisions) {
    const committed = askGit('show', `${revision}:${SCHEMA_FILE}`);
    const changes = committed === undefined ? [] : listBreakingChanges(committed, schema);
    for (const change of changes) process.stderr.write(`against ${revision}: ${change}\n`);
    if (changes.length > 0) process.exitCode = 1;
    else
      process.stdout.write(
        `${committed === undefined ? 'nothing to compare with in' : 'breaks nothing of'} ${revision}\n`,
      );
  }
}
