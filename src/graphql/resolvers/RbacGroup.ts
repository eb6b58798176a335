/** A device group: a row of the group table. */

import { CERTIFICATES, DEVICES, openConnection, RBAC_GROUPS } from '../connections.ts';
import type { RbacGroupResolvers } from '../generated/resolver-types.ts';
import { isStillAsked } from '../given-rows.ts';
import { encodeNodeId } from '../node-id.ts';
import { getSnapshot } from '../request-facts.ts';

export const RbacGroup: RbacGroupResolvers = {
  __isTypeOf: isStillAsked,
  id: ({ row }, _given, context) =>
    encodeNodeId(RBAC_GROUPS.kind, getSnapshot(context).rbacGroups.rbacGroupId(row)),
  rbacGroupId: ({ row }, _given, context) => getSnapshot(context).rbacGroups.rbacGroupId(row),
  name: ({ row }, _given, context) => getSnapshot(context).rbacGroups.name(row),
  deviceCount: ({ row }, _given, context) => getSnapshot(context).rbacGroups.deviceCount(row),
  certificateCount: ({ row }, _given, context) => getSnapshot(context).rbacGroups.certificateCount(row),
  installationCount: ({ row }, _given, context) => getSnapshot(context).rbacGroups.installationCount(row),
  devices: ({ row }, given, context, info) =>
    openConnection(DEVICES, context, context.argumentsOf.of(info, given), { kind: 'rbacGroup.devices', row }),
  certificates: ({ row }, given, context, info) =>
    openConnection(CERTIFICATES, context, context.argumentsOf.of(info, given), {
      kind: 'rbacGroup.certificates',
      row,
    }),
};
