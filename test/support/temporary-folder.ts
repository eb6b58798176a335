/** A folder of its own for one test, gone when the test is. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Creates an empty folder that is removed, with what it holds, after the test. */
export function createTemporaryFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
