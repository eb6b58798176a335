/** One purpose of a certificate, as the certificate table reads it. */

import type { ExtendedKeyUsageResolvers } from '../generated/resolver-types.ts';

export const ExtendedKeyUsage: ExtendedKeyUsageResolvers = {
  oid: ({ oid }) => oid,
  name: ({ name }) => name,
};
