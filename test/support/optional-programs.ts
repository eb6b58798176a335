/**
 * Programs that some tests start and that a machine need not have: Chromium, curl, redis-server. Where one is
 * absent its tests are skipped by name; with `CI=true` that is a failure, since a skip proves nothing.
 */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type OptionalProgramName = 'chromium' | 'curl' | 'redis-server';

export interface OptionalProgram {
  /** Its absolute path, or its bare name when it is absent and the tests are skipped. */
  readonly path: string;
  /** For node:test's `skip` option: the reason, or `false` when the program is there. */
  readonly skip: string | false;
}

/**
 * Looks the program up on the PATH.
 *
 * @throws when it is absent and `CI` is `true`
 */
export function findOptionalProgram(
  name: OptionalProgramName,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): OptionalProgram {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const path = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (path !== undefined) return { path, skip: false };
  const reason = `${name} is not on the PATH; on Debian: apt-get install ${name}`;
  if (environment.CI === 'true') throw new Error(`CI=true allows no skipped test, but ${reason}`);
  return { path: name, skip: reason };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
