/** An installation: a row of the installation table. */

import { INSTALLATIONS } from '../connections.ts';
import type { InstallationResolvers } from '../generated/resolver-types.ts';
import { giveRow, isStillAsked } from '../given-rows.ts';
import { encodeNodeId } from '../node-id.ts';
import { getSnapshot } from '../request-facts.ts';

export const Installation: InstallationResolvers = {
  __isTypeOf: isStillAsked,
  id: ({ row }, _given, context) => {
    const { installations, devices, certificates } = getSnapshot(context);
    return encodeNodeId(
      INSTALLATIONS.kind,
      devices.deviceId(installations.deviceRow(row)),
      certificates.thumbprint(installations.certificateRow(row)),
      installations.path(row),
    );
  },
  path: ({ row }, _given, context) => getSnapshot(context).installations.path(row),
  storeLocation: ({ row }, _given, context) => getSnapshot(context).installations.storeLocation(row),
  storeName: ({ row }, _given, context) => getSnapshot(context).installations.storeName(row),
  certificate: ({ row }, _given, context) =>
    giveRow(context, context.loaders.installationCertificate.load(row)),
  device: ({ row }, _given, context) => giveRow(context, context.loaders.installationDevice.load(row)),
};
