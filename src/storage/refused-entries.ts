/**
 * Which snapshot was refused and kept aside, and whether an operator wants it all the same: for each tenant and API one
 * entry of each kind, beside the pointer to the current snapshot.
 *
 *   refused-snapshots    document and report, written by the gateway alone
 *   snapshot-approvals   the document that is to be published, written by the operator's command alone
 *
 * Whoever writes an entry reads none first, and both are written whole or not at all: the command may run beside a
 * gateway on the same folder. The gateway removes both.
 */

import type { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { entriesOf, isDigestText, STORED_VERSION } from './snapshot-pointers.ts';
import type { Store } from './store.ts';
import { isCorrupt, storeCorrupt } from './store-errors.ts';

/** What was served when the snapshot was refused. */
export interface ServedFacts {
  readonly revision: number;
  readonly publishedAtMs: number;
  readonly generatedAtMs: number | null;
  readonly certificateCount: number;
  readonly deviceCount: number;
  readonly installationCount: number;
}

/** Why a snapshot was refused: what its manifest does not say. Plain data. */
export interface RefusalReport {
  readonly refusedAtMs: number;
  /** Code and message of the rule that it broke. */
  readonly code: string;
  readonly message: string;
  /** Files (or pages) that it was read from. */
  readonly filesTotal: number;
  /** Version of the gateway that read it. */
  readonly gatewayVersion: string;
  /** `null`: nothing was. */
  readonly served: ServedFacts | null;
}

export interface RefusedEntry {
  /** Of the snapshot's document. */
  readonly digest: string;
  readonly report: RefusalReport;
}

export interface Approval {
  /** Of the document that is to be published: another one is not. */
  readonly digest: string;
  readonly approvedAtMs: number;
}

/** One that is damaged counts, logged, for none. */
export interface RefusedEntries {
  read(): Promise<RefusedEntry | undefined>;
  write(entry: RefusedEntry): Promise<void>;
  readApproval(): Promise<Approval | undefined>;
  writeApproval(approval: Approval): Promise<void>;
  removeApproval(): Promise<void>;
  /** Removes both. */
  clear(): Promise<void>;
  /** Documents that are kept aside for any tenant, in the version that is read here. */
  listDocuments(): Promise<ReadonlySet<string>>;
}

const REFUSED = 'refused-snapshots';
const APPROVALS = 'snapshot-approvals';

type Stored<Entry> = Entry & { readonly version: number };

/** @param options.tenantId with `apiUrl` the key of the entries */
export function createRefusedEntries(options: {
  readonly store: Store;
  readonly tenantId: string;
  readonly apiUrl: string;
  readonly log: Logger;
  readonly onDamage: (error: GatewayError) => void;
}): RefusedEntries {
  const { store, tenantId, apiUrl, log, onDamage } = options;
  const refused = store.keyValue(REFUSED);
  const approvals = store.keyValue(APPROVALS);
  const key = JSON.stringify([tenantId, apiUrl]);

  async function read<Entry>(
    keyv: typeof refused,
    isSound: (stored: Stored<Partial<Entry>>) => boolean,
  ): Promise<Entry | undefined> {
    try {
      const stored = await keyv.get<unknown>(key);
      if (stored === undefined || !isOfVersion<Partial<Entry>>(stored)) return undefined;
      if (!isSound(stored)) throw storeCorrupt('The entry of the refused snapshot', 'it names none');
      return stored as Entry;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      log.error(
        { code: error.code, err: error },
        'what is stored about the refused snapshot is damaged: set aside',
      );
      onDamage(error);
      // On disk it is set aside already; what cannot be removed is found again.
      await keyv.delete(key).catch(() => undefined);
      return undefined;
    }
  }

  async function removeApproval(): Promise<void> {
    await approvals.delete(key);
  }

  return {
    read: () => read(refused, isRefusedEntry),
    write: async (entry) => {
      await refused.set(key, { version: STORED_VERSION, ...entry } satisfies Stored<RefusedEntry>);
    },
    readApproval: () => read(approvals, isApproval),
    writeApproval: async (approval) => {
      await approvals.set(key, { version: STORED_VERSION, ...approval } satisfies Stored<Approval>);
    },
    removeApproval,
    clear: async () => {
      // Stopped in between, it leaves something to look at, never something to publish.
      await removeApproval();
      await refused.delete(key);
    },
    listDocuments: async () => {
      const documents = new Set<string>();
      for await (const [, entry] of entriesOf<unknown>(refused))
        if (isOfVersion<Partial<RefusedEntry>>(entry) && isDigestText(entry.digest))
          documents.add(entry.digest);
      return documents;
    },
  };
}

/** Nobody but Redis vouches for what comes from there. */
function isOfVersion<Entry>(stored: unknown): stored is Stored<Entry> {
  return (
    typeof stored === 'object' && stored !== null && 'version' in stored && stored.version === STORED_VERSION
  );
}

function isRefusedEntry({ digest, report }: Partial<RefusedEntry>): boolean {
  return isDigestText(digest) && typeof report === 'object' && report !== null;
}

function isApproval({ digest, approvedAtMs }: Partial<Approval>): boolean {
  return isDigestText(digest) && typeof approvedAtMs === 'number';
}
