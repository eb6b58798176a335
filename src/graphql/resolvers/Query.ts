/** The roots of all questions. */

import { badUserInput } from '../../core/errors.ts';
import { findThumbprint, toDeviceId } from '../../core/identifiers.ts';
import { CERTIFICATES, DEVICES, INSTALLATIONS, openConnection, RBAC_GROUPS } from '../connections.ts';
import type { GatewayContext } from '../context.ts';
import { checkListLength } from '../filters/scope.ts';
import type { QueryResolvers } from '../generated/resolver-types.ts';
import { giveRow } from '../given-rows.ts';
import type { NodeHandle } from '../handles.ts';
import { decodeNodeId } from '../node-id.ts';
import { toCounted } from '../repeated-faults.ts';
import { getSnapshot } from '../request-facts.ts';
import { requireRight } from '../rights.ts';
import { whenKnown } from '../when-known.ts';

export const Query: QueryResolvers = {
  node: (_root, { id }, context) => loadNode(context, id, 'id'),
  nodes: (_root, { ids }, context) =>
    Promise.all(checkListLength('ids', ids).map((id, index) => loadOrFault(context, id, `ids.${index}`))),
  certificate: (_root, { thumbprint }, context) => {
    const normal = findThumbprint(thumbprint);
    if (normal === undefined) throw badUserInput('thumbprint', 'be 40 hexadecimal digits', thumbprint);
    const row = getSnapshot(context).certificates.findRow(normal);
    return giveRow(context, row === undefined ? null : { kind: 'Certificate', row });
  },
  device: (_root, { deviceId }, context) => {
    const row = getSnapshot(context).devices.findRow(toDeviceId(deviceId));
    return giveRow(context, row === undefined ? null : { kind: 'Device', row });
  },
  certificates: (_root, given, context, info) =>
    openConnection(CERTIFICATES, context, context.argumentsOf.of(info, given)),
  installations: (_root, given, context, info) =>
    openConnection(INSTALLATIONS, context, context.argumentsOf.of(info, given)),
  devices: (_root, given, context, info) =>
    openConnection(DEVICES, context, context.argumentsOf.of(info, given)),
  rbacGroups: (_root, given, context, info) =>
    openConnection(RBAC_GROUPS, context, context.argumentsOf.of(info, given)),
  snapshot: (_root, _given, { snapshot, caller }) => {
    requireRight(caller, 'Inventory.Read');
    return snapshot === null ? null : { kind: 'Snapshot' };
  },
  refresh: (_root, _given, { refresh }) =>
    whenKnown(refresh.status(), (status) => ({ kind: 'RefreshStatus', status })),
  viewer: (_root, _given, { caller }) => caller,
};

/** @throws BAD_USER_INPUT for an id that was not issued here */
function loadNode(context: GatewayContext, id: string, argument: string): Promise<NodeHandle | null> {
  return context.loaders.node.load(decodeNodeId(id, argument)).then(
    (node) => giveRow(context, node),
    (error: unknown) => Promise.reject(toCounted(context.account.faults, 'node', error)),
  );
}

/**
 * The node with this id; of an id that was not issued here, the fault itself as a value: graphql-js takes an error in
 * a list for the failure of its place alone, which the generated types do not know. What rejects fails the whole list.
 */
function loadOrFault(context: GatewayContext, id: string, argument: string): Promise<NodeHandle | null> {
  try {
    return loadNode(context, id, argument);
  } catch (fault) {
    return Promise.resolve(toCounted(context.account.faults, 'node', fault) as NodeHandle);
  }
}
