/** The roots of all questions. */

import { badUserInput } from '../../core/errors.ts';
import { findThumbprint, toDeviceId } from '../../core/identifiers.ts';
import { CERTIFICATES, DEVICES, INSTALLATIONS, openConnection, RBAC_GROUPS } from '../connections.ts';
import { checkListLength } from '../filters/scope.ts';
import type { QueryResolvers } from '../generated/resolver-types.ts';
import { decodeNodeId } from '../node-id.ts';
import { getSnapshot } from '../request-facts.ts';

export const Query: QueryResolvers = {
  node: (_root, { id }, { loaders }) => loaders.node.load(decodeNodeId(id, 'id')),
  nodes: (_root, { ids }, { loaders }) => {
    const references = checkListLength('ids', ids).map((id, index) => decodeNodeId(id, `ids.${index}`));
    return Promise.all(references.map((reference) => loaders.node.load(reference)));
  },
  certificate: (_root, { thumbprint }, context) => {
    const normal = findThumbprint(thumbprint);
    if (normal === undefined) throw badUserInput('thumbprint', 'be 40 hexadecimal digits', thumbprint);
    const row = getSnapshot(context).certificates.findRow(normal);
    return row === undefined ? null : { kind: 'Certificate', row };
  },
  device: (_root, { deviceId }, context) => {
    const row = getSnapshot(context).devices.findRow(toDeviceId(deviceId));
    return row === undefined ? null : { kind: 'Device', row };
  },
  certificates: (_root, given, context) => openConnection(CERTIFICATES, context, given),
  installations: (_root, given, context) => openConnection(INSTALLATIONS, context, given),
  devices: (_root, given, context) => openConnection(DEVICES, context, given),
  rbacGroups: (_root, given, context) => openConnection(RBAC_GROUPS, context, given),
  snapshot: (_root, _given, { snapshot }) => (snapshot === null ? null : { kind: 'Snapshot' }),
  refresh: (_root, _given, { refresh }) => ({ kind: 'RefreshStatus', status: refresh.status() }),
};
