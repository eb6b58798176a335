/** Faults of what the export endpoint lists. */

import { gzipSync } from 'node:zlib';
import { alterListing, type ExportListing } from './fault-replies.ts';
import { asState, type FaultFamily, type NamedFault, onCalls } from './named-fault.ts';

const EMPTY_PART = 'part-99999-empty.c000.json.gz';
const MANY_FILES = 100_001;

export const LISTING_FAULTS = {
  'view-narrowed': asState(23, 'a user who may see some RBAC groups only', { userGroups: [0, 1] }),
  'listing-empty': onListing(29, 'a listing without files', (listing) => ({ ...listing, exportFiles: [] })),
  'listing-null': onListing(29, 'a listing whose files are null', (listing) => ({
    ...listing,
    exportFiles: null,
  })),
  'listing-doubled': onListing(29, 'a listing that names every file twice', (listing) => ({
    ...listing,
    exportFiles: listing.exportFiles.flatMap((file) => [file, file]),
  })),
  'listing-foreign': onListing(29, 'a file on a host that is not allowed', (listing) => ({
    ...listing,
    exportFiles: listing.exportFiles.map((file, index) =>
      index === 0 ? file.replace(/^https?:\/\/[^/]+/, 'https://files.example.test') : file,
    ),
  })),
  'listing-huge': onListing(29, 'a listing of more than 100,000 files', (listing) => ({
    ...listing,
    exportFiles: Array.from({ length: MANY_FILES }, (_, index) => `${listing.exportFiles[0]}&part=${index}`),
  })),
  'part-empty': {
    family: 29,
    about: 'a part without a record, as a sound archive',
    arrange: (target, times) => {
      target.fail({
        endpoint: 'export',
        times,
        fault: alterListing((listing) => ({
          ...listing,
          exportFiles: [...listing.exportFiles, addEmptyPart(listing)],
        })),
      });
      target.fail({
        endpoint: 'blob',
        times,
        when: ({ url }) => url.pathname.endsWith(EMPTY_PART),
        fault: {
          kind: 'reply',
          status: 200,
          headers: { 'content-type': 'application/octet-stream', etag: '"0x8DEEMPTY"' },
          body: gzipSync(''),
        },
      });
    },
  },
  'generated-null': onListing(30, 'an export that does not say when it was made', (listing) => ({
    ...listing,
    generatedTime: null,
  })),
  'generated-older': onListing(30, 'an export that is older than the one that is served', (listing) => ({
    ...listing,
    generatedTime: '2020-01-01T00:00:00Z',
  })),
} as const satisfies Record<string, NamedFault>;

function onListing(
  family: FaultFamily,
  about: string,
  alter: (listing: ExportListing) => object,
): NamedFault {
  return onCalls(family, about, 'export', alterListing(alter));
}

/** Its signature is that of another file: the fault answers, not the store. */
function addEmptyPart({ exportFiles }: ExportListing): string {
  const url = new URL(exportFiles[0]!);
  url.pathname = url.pathname.replace(/[^/]+$/, EMPTY_PART);
  return url.href;
}
