/** The executable schema: the text of `schema.graphql` with a resolver for every field. */

import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import type { GatewayContext } from './context.ts';
import { DateTime } from './date-time.ts';
import type { Resolvers } from './generated/resolver-types.ts';
import { Certificate } from './resolvers/Certificate.ts';
import { CertificateConnection } from './resolvers/CertificateConnection.ts';
import { CertificateEdge } from './resolvers/CertificateEdge.ts';
import { Device } from './resolvers/Device.ts';
import { DeviceConnection } from './resolvers/DeviceConnection.ts';
import { DeviceEdge } from './resolvers/DeviceEdge.ts';
import { DistinguishedName } from './resolvers/DistinguishedName.ts';
import { ExtendedKeyUsage } from './resolvers/ExtendedKeyUsage.ts';
import { Installation } from './resolvers/Installation.ts';
import { InstallationConnection } from './resolvers/InstallationConnection.ts';
import { InstallationEdge } from './resolvers/InstallationEdge.ts';
import { Mutation } from './resolvers/Mutation.ts';
import { Node } from './resolvers/Node.ts';
import { PageInfo } from './resolvers/PageInfo.ts';
import { Query } from './resolvers/Query.ts';
import { RbacGroup } from './resolvers/RbacGroup.ts';
import { RbacGroupConnection } from './resolvers/RbacGroupConnection.ts';
import { RbacGroupEdge } from './resolvers/RbacGroupEdge.ts';
import { RecordRejection } from './resolvers/RecordRejection.ts';
import { RefreshAlreadyRunning } from './resolvers/RefreshAlreadyRunning.ts';
import { RefreshFailure } from './resolvers/RefreshFailure.ts';
import { RefreshProgress } from './resolvers/RefreshProgress.ts';
import { RefreshRateLimited } from './resolvers/RefreshRateLimited.ts';
import { RefreshRun } from './resolvers/RefreshRun.ts';
import { RefreshSnapshotResult } from './resolvers/RefreshSnapshotResult.ts';
import { RefreshStarted } from './resolvers/RefreshStarted.ts';
import { RefreshStatus } from './resolvers/RefreshStatus.ts';
import { Snapshot } from './resolvers/Snapshot.ts';
import { SnapshotQuality } from './resolvers/SnapshotQuality.ts';
import { UpstreamBudget } from './resolvers/UpstreamBudget.ts';
import { Viewer } from './resolvers/Viewer.ts';

const RESOLVERS: Omit<Resolvers, 'DateTime'> = {
  Certificate,
  CertificateConnection,
  CertificateEdge,
  Device,
  DeviceConnection,
  DeviceEdge,
  DistinguishedName,
  ExtendedKeyUsage,
  Installation,
  InstallationConnection,
  InstallationEdge,
  Mutation,
  Node,
  PageInfo,
  Query,
  RbacGroup,
  RbacGroupConnection,
  RbacGroupEdge,
  RecordRejection,
  RefreshAlreadyRunning,
  RefreshFailure,
  RefreshProgress,
  RefreshRateLimited,
  RefreshRun,
  RefreshSnapshotResult,
  RefreshStarted,
  RefreshStatus,
  Snapshot,
  SnapshotQuality,
  UpstreamBudget,
  Viewer,
};

/**
 * The schema of a text: `schema.graphql` as it was read.
 *
 * @throws when the text is no schema, or does not have the types and fields that the resolvers are made for
 */
export function createSchema(typeDefs: string): GraphQLSchema {
  return makeExecutableSchema<GatewayContext>({
    typeDefs,
    resolvers: { ...RESOLVERS, DateTime },
    resolverValidationOptions: {
      requireResolversToMatchSchema: 'error',
      requireResolversForResolveType: 'error',
    },
  });
}
