/** How far a refresh has come: a view that the refresher has given. */

import type { RefreshProgressResolvers } from '../generated/resolver-types.ts';

export const RefreshProgress: RefreshProgressResolvers = {
  filesTotal: ({ filesTotal }) => filesTotal,
  filesDone: ({ filesDone }) => filesDone,
  bytesDownloaded: ({ bytesDownloaded }) => bytesDownloaded,
  recordsRead: ({ recordsRead }) => recordsRead,
};
