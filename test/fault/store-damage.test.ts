/**
 * A data folder in which something was altered while the gateway was down: what the next start serves is a whole export,
 * the last one, the one before it or the newest read anew, and the log and the metrics say that something was wrong.
 */

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type ChangingTenant, createChangingTenant } from '../support/changing-tenant.ts';
import { type Gateway, startGateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { findServedGeneration, type TrueGeneration } from '../support/generations.ts';
import { createLogCollector } from '../support/log-collector.ts';

/** What may become of a file. */
const DAMAGES: Readonly<Record<string, (path: string, bytes: Buffer, at: number) => void>> = {
  'a flipped bit': (path, bytes, at) => {
    bytes[at % bytes.length]! ^= 1 << (at & 7);
    writeFileSync(path, bytes);
  },
  'a lost end': (path, bytes, at) => writeFileSync(path, bytes.subarray(0, at % bytes.length)),
  'more at its end': (path, bytes) => writeFileSync(path, Buffer.concat([bytes, Buffer.from('more')])),
  'nothing in it': (path) => writeFileSync(path, ''),
  'zeros for bytes': (path, bytes) => writeFileSync(path, bytes.fill(0)),
  'no name any more': (path) => rmSync(path),
  'a folder in its place': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
};

interface Stored {
  readonly dataDir: string;
  readonly older: TrueGeneration;
  readonly newer: TrueGeneration;
  /** Names of the chunks that the newer snapshot alone needs, its document among them. */
  readonly onlyNewer: readonly string[];
}

describe('a store with a damaged file', () => {
  let tenant: ChangingTenant;
  let stored: Stored;
  const folder = mkdtempSync(join(tmpdir(), 'gateway-test-'));
  before(async () => {
    tenant = await createChangingTenant(31);
    stored = await storeTwo(tenant, join(folder, 'stored'));
  });
  after(async () => {
    await tenant[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** Starts a gateway over a copy of the store, altered. */
  async function startOver(name: string, alter: (dataDir: string) => void) {
    const dataDir = join(folder, name.replaceAll(/\W/g, '-'));
    cpSync(stored.dataDir, dataDir, { recursive: true });
    alter(dataDir);
    const { log, said } = createLogCollector();
    const gateway = await startGateway({ tenant: tenant.simulator, dataDir, overrides: { log } });
    return { gateway, said, dataDir };
  }

  for (const [damage, alter] of Object.entries(DAMAGES)) {
    const [at = 0, ...others] = fc.sample(fc.nat(), { numRuns: 2, seed: damage.length });
    const isUnreadable = damage === 'a folder in its place';
    const code = isUnreadable ? 'STORE_UNAVAILABLE' : 'STORE_CORRUPT';

    test(`a chunk of the last snapshot with ${damage}: the one before it is served`, async () => {
      for (const [index, position] of [at, ...others].entries()) {
        const victim = stored.onlyNewer[position % stored.onlyNewer.length]!;
        const { gateway, said } = await startOver(`chunk ${damage} ${index}`, (dataDir) =>
          damageFile(join(dataDir, 'chunks', victim), alter, position),
        );
        await using _ = gateway;
        assert.equal(await findServedGeneration(gateway, [stored.older]), stored.older);
        assert.match(said(), new RegExp(`"code":"${code}"`));
        if (!isUnreadable)
          assert.match(await readMetrics(gateway), /store_failures_total\{code="STORE_CORRUPT"\} 1/);
        assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200);
      }
    });

    test(`every chunk with ${damage}: the inventory is read anew`, async () => {
      const { gateway, said } = await startOver(`every ${damage}`, (dataDir) => {
        const chunks = join(dataDir, 'chunks');
        for (const name of readdirSync(chunks)) damageFile(join(chunks, name), alter, at);
      });
      await using _ = gateway;
      const { outcome } = await gateway.firstRun;
      assert.equal(outcome, 'PUBLISHED');
      assert.equal(await findServedGeneration(gateway, [tenant.newest()]), tenant.newest());
      assert.match(said(), new RegExp(`"code":"${code}"`));
      assert.match(await readMetrics(gateway), new RegExp(`store_failures_total\\{code="${code}"\\} [12]`));
    });

    test(`the pointer with ${damage}: the inventory is read anew`, async () => {
      const { gateway, said, dataDir } = await startOver(`pointer ${damage}`, (copy) =>
        damageFile(findPointer(copy), alter, at),
      );
      {
        await using _ = gateway;
        const { outcome, failure } = await gateway.firstRun;
        assert.equal(outcome, 'PUBLISHED');
        assert.equal(await findServedGeneration(gateway, [tenant.newest()]), tenant.newest());
        if (damage !== 'no name any more') assert.match(said(), new RegExp(`"code":"${code}"`));
        if (isUnreadable) {
          assert.equal(failure?.code, 'STORE_UNAVAILABLE');
          assert.match(failure?.message ?? '', /EISDIR.*A folder stands where a file must be/);
          return;
        }
        assert.equal(failure, null);
      }
      await using again = await startGateway({ tenant: tenant.simulator, dataDir });
      assert.equal(await findServedGeneration(again, [tenant.newest()]), tenant.newest());
    });
  }
});

/** Two refreshes, and which chunks came with the second one. */
async function storeTwo(tenant: ChangingTenant, dataDir: string): Promise<Stored> {
  await using gateway = await startGatewayWithSnapshot({ tenant: tenant.simulator, dataDir });
  const older = tenant.newest();
  const first = new Set(readdirSync(join(dataDir, 'chunks')));
  const newer = tenant.change();
  const { outcome, failure } = await gateway.refresh();
  assert.equal(outcome, 'PUBLISHED', failure?.message);
  // The simulated days that pass make every stored token an expired one.
  rmSync(join(dataDir, 'cache/tokens'), { recursive: true });
  const onlyNewer = readdirSync(join(dataDir, 'chunks')).filter((name) => !first.has(name));
  assert.ok(onlyNewer.length > 2);
  return { dataDir, older, newer, onlyNewer };
}

function damageFile(path: string, alter: (typeof DAMAGES)[string], at: number): void {
  alter(path, readFileSync(path), at);
}

function findPointer(dataDir: string): string {
  const folder = join(dataDir, 'cache/snapshots');
  const [name = '', ...others] = readdirSync(folder);
  assert.deepEqual(others, []);
  return join(folder, name);
}

async function readMetrics(gateway: Gateway): Promise<string> {
  return await (await fetch(`${gateway.url}/metrics`)).text();
}
