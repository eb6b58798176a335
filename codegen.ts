/**
 * GraphQL Code Generator: resolver types from `schema.graphql`, checked in under `src/graphql/generated`.
 *
 * `schema-types.ts` has the inputs, arguments and enums, and knows nothing of ours; `resolver-types.ts` has the
 * signatures of the resolvers. Every object type is mapped to the small handle that its resolvers take as parent
 * (`src/graphql/handles.ts`), instants are epoch seconds, and everything generated is a type: nothing of it
 * exists when the gateway runs.
 */

import type { CodegenConfig } from '@graphql-codegen/cli';

const shared = {
  importExtension: '.ts',
  useTypeImports: true,
  enumsAsTypes: true,
  immutableTypes: true,
  strictScalars: true,
  scalars: { DateTime: 'number', ID: 'string' },
  inputMaybeValue: 'T | null | undefined',
  disableDescriptions: true,
  skipTypename: true,
} as const;

const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'src/graphql/generated/schema-types.ts': {
      plugins: ['typescript'],
      config: shared,
    },
    'src/graphql/generated/resolver-types.ts': {
      plugins: [
        { add: { content: "import type * as Schema from './schema-types.ts';" } },
        'typescript-resolvers',
      ],
      config: {
        ...shared,
        namespacedImportName: 'Schema',
        contextType: '../context.ts#GatewayContext',
        // Every field has a resolver of its own: a forgotten one does not compile.
        avoidOptionals: { resolvers: true },
        mappers: {
          Node: '../handles.ts#NodeHandle',
          Certificate: '../handles.ts#CertificateHandle',
          Device: '../handles.ts#DeviceHandle',
          Installation: '../handles.ts#InstallationHandle',
          RbacGroup: '../handles.ts#RbacGroupHandle',
          Snapshot: '../handles.ts#SnapshotHandle',
          RefreshStatus: '../handles.ts#RefreshStatusHandle',
          RefreshRun: '../handles.ts#RefreshRunHandle',
          DistinguishedName: '../handles.ts#DistinguishedNameHandle',
          CertificateConnection: '../handles.ts#CertificateConnectionHandle',
          DeviceConnection: '../handles.ts#DeviceConnectionHandle',
          InstallationConnection: '../handles.ts#InstallationConnectionHandle',
          RbacGroupConnection: '../handles.ts#RbacGroupConnectionHandle',
          CertificateEdge: '../handles.ts#CertificateEdgeHandle',
          DeviceEdge: '../handles.ts#DeviceEdgeHandle',
          InstallationEdge: '../handles.ts#InstallationEdgeHandle',
          RbacGroupEdge: '../handles.ts#RbacGroupEdgeHandle',
          PageInfo: '../handles.ts#PageInfoHandle',
          ExtendedKeyUsage: '../../core/usages.ts#ExtendedKeyUsage as ExtendedKeyUsageHandle',
          Viewer: '../../core/caller.ts#Caller',
          SnapshotQuality: '../../snapshot/format.ts#SnapshotQuality as SnapshotQualityHandle',
          RecordRejection: '../../snapshot/format.ts#RecordRejection as RecordRejectionHandle',
          RefreshSnapshotResult: '../handles.ts#RefreshSnapshotResultHandle',
          RefreshStarted: '../handles.ts#RefreshStartedHandle',
          RefreshAlreadyRunning: '../handles.ts#RefreshAlreadyRunningHandle',
          RefreshRateLimited: '../handles.ts#RefreshRateLimitedHandle',
          RefreshProgress: '../refresh-port.ts#RefreshProgressView',
          RefreshFailure: '../refresh-port.ts#RefreshFailureView',
          UpstreamBudget: '../refresh-port.ts#UpstreamBudgetView',
        },
      },
    },
  },
};

export default config;
