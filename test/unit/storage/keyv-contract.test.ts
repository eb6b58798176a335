import { Keyv } from 'keyv';
import { silentLogger } from '../../../src/core/logger.ts';
import { openStore } from '../../../src/storage/store.ts';
import { testKeyvContract } from '../../support/keyv-contract.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const dateClock = { now: () => Date.now(), sleep: () => Promise.reject(new Error('nothing waits here')) };

testKeyvContract('the store on disk', {
  open: async (t) => {
    const dataDir = createTemporaryFolder(t);
    const store = await openStore({ dataDir, cacheUrl: undefined, clock: dateClock, log: silentLogger });
    return { createKeyv: store.keyValue, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
  },
});

// The suite itself, held against the adapter that Keyv's authors wrote it for.
testKeyvContract("Keyv's own Map", {
  open: async () => {
    const maps = new Map<string, Map<string, unknown>>();
    return {
      createKeyv: (namespace) => {
        const map = maps.get(namespace) ?? new Map<string, unknown>();
        maps.set(namespace, map);
        return new Keyv({ store: map, namespace, throwOnErrors: true });
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
});
