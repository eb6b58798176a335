/**
 * Under which address each file of an export can be had. Addresses expire, and containers are cleaned up, while files are
 * read: then the export is listed anew, once, at the price of one call.
 *
 * What was read stays good when the new listing is of the same export: it is the same files under new addresses. Otherwise there is
 * nothing to go on with, and whoever reads starts over with the new listing.
 */

import { findGatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { ExportFile, ExportListing } from './export-endpoint.ts';
import { matchListings } from './export-identity.ts';

export interface FileAddresses {
  /** The file under the newest address that is known. */
  find(file: ExportFile): ExportFile;
  /**
   * The file under a new address, listed anew unless that was done before; `undefined` when there is none to be had, which the
   * log explains. Throws {@link ExportReplaced}, or the signal's reason.
   */
  renew(file: ExportFile): Promise<ExportFile | undefined>;
}

export interface FileAddressesOptions {
  readonly listing: ExportListing;
  /** Lists the export anew. Absent: addresses are what they are. */
  readonly requestListing: (() => Promise<ExportListing>) | undefined;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Thrown instead of new addresses: what Defender lists now is another export. */
export class ExportReplaced extends Error {
  override readonly name = 'ExportReplaced';
  readonly listing: ExportListing;

  constructor(listing: ExportListing) {
    super('The export was replaced by another one.');
    this.listing = listing;
  }
}

type Renewed = ReadonlyMap<ExportFile, ExportFile>;

export function createFileAddresses(options: FileAddressesOptions): FileAddresses {
  const { listing, requestListing, signal, log } = options;
  let renewal: Promise<Renewed | undefined> | undefined;
  let renewed: Renewed | undefined;

  async function listAnew(): Promise<Renewed | undefined> {
    if (requestListing === undefined) return undefined;
    let next: ExportListing;
    try {
      next = await requestListing();
    } catch (error) {
      signal.throwIfAborted();
      const known = findGatewayError(error);
      log.warn({ code: known?.code, reason: known?.message }, 'export files cannot be listed anew');
      return undefined;
    }
    renewed = matchListings(listing, next);
    if (renewed === undefined) throw new ExportReplaced(next);
    log.info({ files: renewed.size }, 'export files have new addresses, what was read stays');
    return renewed;
  }

  return {
    find: (file) => renewed?.get(file) ?? file,
    renew: async (file) => {
      renewal ??= listAnew();
      return (await renewal)?.get(file);
    },
  };
}
