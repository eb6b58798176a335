/** A device: a row of the device table. */

import { CERTIFICATES, DEVICES, openConnection } from '../connections.ts';
import type { DeviceResolvers } from '../generated/resolver-types.ts';
import { giveRow, isStillAsked } from '../given-rows.ts';
import { encodeNodeId } from '../node-id.ts';
import { getSnapshot } from '../request-facts.ts';

export const Device: DeviceResolvers = {
  __isTypeOf: isStillAsked,
  id: ({ row }, _given, context) => encodeNodeId(DEVICES.kind, getSnapshot(context).devices.deviceId(row)),
  deviceId: ({ row }, _given, context) => getSnapshot(context).devices.deviceId(row),
  name: ({ row }, _given, context) => getSnapshot(context).devices.name(row),
  rbacGroup: ({ row }, _given, context) => {
    const group = getSnapshot(context).devices.rbacGroupRow(row);
    return giveRow(context, group === null ? null : { kind: 'RbacGroup', row: group });
  },
  installationCount: ({ row }, _given, context) => getSnapshot(context).devices.installationCount(row),
  certificateCount: ({ row }, _given, context) => getSnapshot(context).devices.certificateCount(row),
  installations: ({ row }, given, { loaders, argumentsOf }, info) =>
    loaders.deviceInstallations.load({ row, asked: argumentsOf.of(info, given) }),
  certificates: ({ row }, given, context, info) =>
    openConnection(CERTIFICATES, context, context.argumentsOf.of(info, given), {
      kind: 'device.certificates',
      row,
    }),
};
