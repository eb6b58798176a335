/** An ingest thread for tests of the real thing. A file is what the thread is to do with it. */

import { parentPort } from 'node:worker_threads';
import { GatewayError } from '../../src/core/errors.ts';
import { serveIngest } from '../../src/refresh/ingest-server.ts';

export type FakeFile =
  | { readonly kind: 'records'; readonly records: number; readonly sizeBytes: number }
  | { readonly kind: 'fails' | 'throwsForeign' | 'ends' | 'hangs' | 'waits' };

if (parentPort !== null) {
  serveIngest<FakeFile, { readonly records: Uint32Array }, string>(
    parentPort,
    ({ notify, reportWaiting }) => {
      let recordsRead = 0;
      return {
        get recordsRead() {
          return recordsRead;
        },
        read: async (file, onBytes) => {
          notify(`asked for ${file.kind}`);
          switch (file.kind) {
            case 'records':
              recordsRead += file.records;
              onBytes(file.sizeBytes);
              return;
            case 'fails':
              throw new GatewayError('UPSTREAM_FILE_CORRUPT', 'The file is torn.', { retryable: true });
            case 'throwsForeign':
              throw new Error('https://blob.example/part?sig=secret broke');
            case 'ends':
              process.exit(3);
              break;
            case 'waits':
              reportWaiting(true);
              return new Promise(() => {});
            case 'hangs':
              return new Promise(() => {});
          }
        },
        collect: () => {
          const records = new Uint32Array([recordsRead]);
          return { part: { records }, transfer: [records.buffer] };
        },
      };
    },
  );
}
