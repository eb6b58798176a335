/**
 * How far a refresh has come: a view that the refresher has given. It measures the whole inventory, which is nothing to
 * callers who are limited to a part.
 */

import { seesAll } from '../../core/caller.ts';
import type { RefreshProgressResolvers } from '../generated/resolver-types.ts';

export const RefreshProgress: RefreshProgressResolvers = {
  filesTotal: ({ filesTotal }, _given, { caller }) => (seesAll(caller) ? filesTotal : null),
  filesDone: ({ filesDone }, _given, { caller }) => (seesAll(caller) ? filesDone : 0),
  bytesDownloaded: ({ bytesDownloaded }, _given, { caller }) => (seesAll(caller) ? bytesDownloaded : 0),
  recordsRead: ({ recordsRead }, _given, { caller }) => (seesAll(caller) ? recordsRead : 0),
};
