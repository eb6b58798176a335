import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findOptionalProgram } from '../../support/optional-programs.ts';

test('finds an executable on the PATH', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'redis-server');
  writeFileSync(program, '#!/bin/sh\n');
  assert.notEqual(findOptionalProgram('redis-server', { PATH: folder }).skip, false);
  chmodSync(program, 0o755);
  assert.deepEqual(findOptionalProgram('redis-server', { PATH: `/nowhere:${folder}`, CI: 'true' }), {
    path: program,
    skip: false,
  });
});

test('skips by name what is absent', () => {
  assert.deepEqual(findOptionalProgram('chromium', { PATH: '/nowhere' }), {
    path: 'chromium',
    skip: 'chromium is not on the PATH; on Debian: apt-get install chromium',
  });
});

test('lets no test be skipped when CI=true', () => {
  assert.throws(() => findOptionalProgram('chromium', { PATH: '/nowhere', CI: 'true' }), {
    message:
      'CI=true allows no skipped test, but chromium is not on the PATH; on Debian: apt-get install chromium',
  });
});
