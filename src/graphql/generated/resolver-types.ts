import type * as Schema from './schema-types.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { NodeHandle, CertificateHandle, DeviceHandle, InstallationHandle, RbacGroupHandle, SnapshotHandle, RefreshStatusHandle, RefreshRunHandle, DistinguishedNameHandle, CertificateConnectionHandle, DeviceConnectionHandle, InstallationConnectionHandle, RbacGroupConnectionHandle, CertificateEdgeHandle, DeviceEdgeHandle, InstallationEdgeHandle, RbacGroupEdgeHandle, PageInfoHandle, RefreshSnapshotResultHandle, RefreshStartedHandle, RefreshAlreadyRunningHandle, RefreshRateLimitedHandle } from '../handles.ts';
import type { ExtendedKeyUsage as ExtendedKeyUsageHandle } from '../../core/usages.ts';
import type { Caller } from '../../core/caller.ts';
import type { SnapshotQuality as SnapshotQualityHandle, RecordRejection as RecordRejectionHandle } from '../../snapshot/format.ts';
import type { RefreshProgressView, RefreshFailureView, UpstreamBudgetView } from '../refresh-port.ts';
import type { GatewayContext } from '../context.ts';
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };


export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Schema.Maybe<TTypes> | Promise<Schema.Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Boolean: ResolverTypeWrapper<Schema.Scalars['Boolean']['output']>;
  BooleanFilter: Schema.BooleanFilter;
  CallerKind: Schema.CallerKind;
  Certificate: ResolverTypeWrapper<CertificateHandle>;
  CertificateConnection: ResolverTypeWrapper<CertificateConnectionHandle>;
  CertificateEdge: ResolverTypeWrapper<CertificateEdgeHandle>;
  CertificateFilter: Schema.CertificateFilter;
  CertificateOrder: Schema.CertificateOrder;
  CertificateOrderField: Schema.CertificateOrderField;
  DateTime: ResolverTypeWrapper<Schema.Scalars['DateTime']['output']>;
  DateTimeFilter: Schema.DateTimeFilter;
  Device: ResolverTypeWrapper<DeviceHandle>;
  DeviceConnection: ResolverTypeWrapper<DeviceConnectionHandle>;
  DeviceEdge: ResolverTypeWrapper<DeviceEdgeHandle>;
  DeviceFilter: Schema.DeviceFilter;
  DeviceOrder: Schema.DeviceOrder;
  DeviceOrderField: Schema.DeviceOrderField;
  DistinguishedName: ResolverTypeWrapper<DistinguishedNameHandle>;
  DistinguishedNameFilter: Schema.DistinguishedNameFilter;
  ExtendedKeyUsage: ResolverTypeWrapper<ExtendedKeyUsageHandle>;
  Float: ResolverTypeWrapper<Schema.Scalars['Float']['output']>;
  ID: ResolverTypeWrapper<Schema.Scalars['ID']['output']>;
  Installation: ResolverTypeWrapper<InstallationHandle>;
  InstallationConnection: ResolverTypeWrapper<InstallationConnectionHandle>;
  InstallationEdge: ResolverTypeWrapper<InstallationEdgeHandle>;
  InstallationFilter: Schema.InstallationFilter;
  InstallationOrder: Schema.InstallationOrder;
  InstallationOrderField: Schema.InstallationOrderField;
  InstallationQuantifier: Schema.InstallationQuantifier;
  Int: ResolverTypeWrapper<Schema.Scalars['Int']['output']>;
  IntFilter: Schema.IntFilter;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Node: ResolverTypeWrapper<NodeHandle>;
  OrderDirection: Schema.OrderDirection;
  PageInfo: ResolverTypeWrapper<PageInfoHandle>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RbacGroup: ResolverTypeWrapper<RbacGroupHandle>;
  RbacGroupConnection: ResolverTypeWrapper<RbacGroupConnectionHandle>;
  RbacGroupEdge: ResolverTypeWrapper<RbacGroupEdgeHandle>;
  RbacGroupFilter: Schema.RbacGroupFilter;
  RecordRejection: ResolverTypeWrapper<RecordRejectionHandle>;
  RefreshAlreadyRunning: ResolverTypeWrapper<RefreshAlreadyRunningHandle>;
  RefreshFailure: ResolverTypeWrapper<RefreshFailureView>;
  RefreshLimit: Schema.RefreshLimit;
  RefreshOutcome: Schema.RefreshOutcome;
  RefreshPhase: Schema.RefreshPhase;
  RefreshProgress: ResolverTypeWrapper<RefreshProgressView>;
  RefreshRateLimited: ResolverTypeWrapper<RefreshRateLimitedHandle>;
  RefreshRun: ResolverTypeWrapper<RefreshRunHandle>;
  RefreshSnapshotResult: ResolverTypeWrapper<RefreshSnapshotResultHandle>;
  RefreshStarted: ResolverTypeWrapper<RefreshStartedHandle>;
  RefreshStatus: ResolverTypeWrapper<RefreshStatusHandle>;
  RefreshTrigger: Schema.RefreshTrigger;
  Snapshot: ResolverTypeWrapper<SnapshotHandle>;
  SnapshotQuality: ResolverTypeWrapper<SnapshotQualityHandle>;
  SnapshotSource: Schema.SnapshotSource;
  String: ResolverTypeWrapper<Schema.Scalars['String']['output']>;
  StringFilter: Schema.StringFilter;
  StringListFilter: Schema.StringListFilter;
  SubjectType: Schema.SubjectType;
  SubjectTypeFilter: Schema.SubjectTypeFilter;
  UpstreamBudget: ResolverTypeWrapper<UpstreamBudgetView>;
  Validity: Schema.Validity;
  ValidityFilter: Schema.ValidityFilter;
  Viewer: ResolverTypeWrapper<Caller>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Boolean: Schema.Scalars['Boolean']['output'];
  BooleanFilter: Schema.BooleanFilter;
  Certificate: CertificateHandle;
  CertificateConnection: CertificateConnectionHandle;
  CertificateEdge: CertificateEdgeHandle;
  CertificateFilter: Schema.CertificateFilter;
  CertificateOrder: Schema.CertificateOrder;
  DateTime: Schema.Scalars['DateTime']['output'];
  DateTimeFilter: Schema.DateTimeFilter;
  Device: DeviceHandle;
  DeviceConnection: DeviceConnectionHandle;
  DeviceEdge: DeviceEdgeHandle;
  DeviceFilter: Schema.DeviceFilter;
  DeviceOrder: Schema.DeviceOrder;
  DistinguishedName: DistinguishedNameHandle;
  DistinguishedNameFilter: Schema.DistinguishedNameFilter;
  ExtendedKeyUsage: ExtendedKeyUsageHandle;
  Float: Schema.Scalars['Float']['output'];
  ID: Schema.Scalars['ID']['output'];
  Installation: InstallationHandle;
  InstallationConnection: InstallationConnectionHandle;
  InstallationEdge: InstallationEdgeHandle;
  InstallationFilter: Schema.InstallationFilter;
  InstallationOrder: Schema.InstallationOrder;
  InstallationQuantifier: Schema.InstallationQuantifier;
  Int: Schema.Scalars['Int']['output'];
  IntFilter: Schema.IntFilter;
  Mutation: Record<PropertyKey, never>;
  Node: NodeHandle;
  PageInfo: PageInfoHandle;
  Query: Record<PropertyKey, never>;
  RbacGroup: RbacGroupHandle;
  RbacGroupConnection: RbacGroupConnectionHandle;
  RbacGroupEdge: RbacGroupEdgeHandle;
  RbacGroupFilter: Schema.RbacGroupFilter;
  RecordRejection: RecordRejectionHandle;
  RefreshAlreadyRunning: RefreshAlreadyRunningHandle;
  RefreshFailure: RefreshFailureView;
  RefreshProgress: RefreshProgressView;
  RefreshRateLimited: RefreshRateLimitedHandle;
  RefreshRun: RefreshRunHandle;
  RefreshSnapshotResult: RefreshSnapshotResultHandle;
  RefreshStarted: RefreshStartedHandle;
  RefreshStatus: RefreshStatusHandle;
  Snapshot: SnapshotHandle;
  SnapshotQuality: SnapshotQualityHandle;
  String: Schema.Scalars['String']['output'];
  StringFilter: Schema.StringFilter;
  StringListFilter: Schema.StringListFilter;
  SubjectTypeFilter: Schema.SubjectTypeFilter;
  UpstreamBudget: UpstreamBudgetView;
  ValidityFilter: Schema.ValidityFilter;
  Viewer: Caller;
};

export type CertificateResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Certificate'] = ResolversParentTypes['Certificate']> = {
  daysUntilExpiry: Resolver<Schema.Maybe<ResolversTypes['Int']>, ParentType, ContextType, Partial<Schema.CertificateDaysUntilExpiryArgs>>;
  deviceCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  devices: Resolver<ResolversTypes['DeviceConnection'], ParentType, ContextType, Partial<Schema.CertificateDevicesArgs>>;
  extendedKeyUsages: Resolver<Schema.Maybe<ReadonlyArray<ResolversTypes['ExtendedKeyUsage']>>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  installationCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  installations: Resolver<ResolversTypes['InstallationConnection'], ParentType, ContextType, Partial<Schema.CertificateInstallationsArgs>>;
  isSelfSigned: Resolver<Schema.Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  issuer: Resolver<Schema.Maybe<ResolversTypes['DistinguishedName']>, ParentType, ContextType>;
  keySize: Resolver<Schema.Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  keyUsages: Resolver<Schema.Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  lifetimeDays: Resolver<Schema.Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  notAfter: Resolver<Schema.Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  notBefore: Resolver<Schema.Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  serialNumber: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  signatureAlgorithm: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  subject: Resolver<Schema.Maybe<ResolversTypes['DistinguishedName']>, ParentType, ContextType>;
  subjectType: Resolver<Schema.Maybe<ResolversTypes['SubjectType']>, ParentType, ContextType>;
  thumbprint: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  validity: Resolver<ResolversTypes['Validity'], ParentType, ContextType, Partial<Schema.CertificateValidityArgs>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CertificateConnectionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['CertificateConnection'] = ResolversParentTypes['CertificateConnection']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['CertificateEdge']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['Certificate']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CertificateEdgeResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['CertificateEdge'] = ResolversParentTypes['CertificateEdge']> = {
  cursor: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node: Resolver<ResolversTypes['Certificate'], ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DeviceResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Device'] = ResolversParentTypes['Device']> = {
  certificateCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  certificates: Resolver<ResolversTypes['CertificateConnection'], ParentType, ContextType, Partial<Schema.DeviceCertificatesArgs>>;
  deviceId: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  installationCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  installations: Resolver<ResolversTypes['InstallationConnection'], ParentType, ContextType, Partial<Schema.DeviceInstallationsArgs>>;
  name: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  rbacGroup: Resolver<Schema.Maybe<ResolversTypes['RbacGroup']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type DeviceConnectionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['DeviceConnection'] = ResolversParentTypes['DeviceConnection']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['DeviceEdge']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['Device']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type DeviceEdgeResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['DeviceEdge'] = ResolversParentTypes['DeviceEdge']> = {
  cursor: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
};

export type DistinguishedNameResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['DistinguishedName'] = ResolversParentTypes['DistinguishedName']> = {
  commonName: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  country: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  displayName: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  locality: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  organization: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  organizationalUnit: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  state: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  text: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ExtendedKeyUsageResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['ExtendedKeyUsage'] = ResolversParentTypes['ExtendedKeyUsage']> = {
  name: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  oid: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type InstallationResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Installation'] = ResolversParentTypes['Installation']> = {
  certificate: Resolver<ResolversTypes['Certificate'], ParentType, ContextType>;
  device: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  path: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  storeLocation: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  storeName: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type InstallationConnectionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['InstallationConnection'] = ResolversParentTypes['InstallationConnection']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['InstallationEdge']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['Installation']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type InstallationEdgeResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['InstallationEdge'] = ResolversParentTypes['InstallationEdge']> = {
  cursor: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node: Resolver<ResolversTypes['Installation'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  refreshSnapshot?: Resolver<Schema.Maybe<ResolversTypes['RefreshSnapshotResult']>, ParentType, ContextType>;
};

export type NodeResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Certificate' | 'Device' | 'Installation' | 'RbacGroup' | 'RefreshRun' | 'RefreshStatus' | 'Snapshot', ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  certificate?: Resolver<Schema.Maybe<ResolversTypes['Certificate']>, ParentType, ContextType, RequireFields<Schema.QueryCertificateArgs, 'thumbprint'>>;
  certificates?: Resolver<Schema.Maybe<ResolversTypes['CertificateConnection']>, ParentType, ContextType, Partial<Schema.QueryCertificatesArgs>>;
  device?: Resolver<Schema.Maybe<ResolversTypes['Device']>, ParentType, ContextType, RequireFields<Schema.QueryDeviceArgs, 'deviceId'>>;
  devices?: Resolver<Schema.Maybe<ResolversTypes['DeviceConnection']>, ParentType, ContextType, Partial<Schema.QueryDevicesArgs>>;
  installations?: Resolver<Schema.Maybe<ResolversTypes['InstallationConnection']>, ParentType, ContextType, Partial<Schema.QueryInstallationsArgs>>;
  node?: Resolver<Schema.Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<Schema.QueryNodeArgs, 'id'>>;
  nodes?: Resolver<Schema.Maybe<ReadonlyArray<Schema.Maybe<ResolversTypes['Node']>>>, ParentType, ContextType, RequireFields<Schema.QueryNodesArgs, 'ids'>>;
  rbacGroups?: Resolver<Schema.Maybe<ResolversTypes['RbacGroupConnection']>, ParentType, ContextType, Partial<Schema.QueryRbacGroupsArgs>>;
  refresh?: Resolver<Schema.Maybe<ResolversTypes['RefreshStatus']>, ParentType, ContextType>;
  snapshot?: Resolver<Schema.Maybe<ResolversTypes['Snapshot']>, ParentType, ContextType>;
  viewer?: Resolver<Schema.Maybe<ResolversTypes['Viewer']>, ParentType, ContextType>;
};

export type RbacGroupResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RbacGroup'] = ResolversParentTypes['RbacGroup']> = {
  certificateCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  certificates: Resolver<ResolversTypes['CertificateConnection'], ParentType, ContextType, Partial<Schema.RbacGroupCertificatesArgs>>;
  deviceCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  devices: Resolver<ResolversTypes['DeviceConnection'], ParentType, ContextType, Partial<Schema.RbacGroupDevicesArgs>>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  installationCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  name: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  rbacGroupId: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RbacGroupConnectionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RbacGroupConnection'] = ResolversParentTypes['RbacGroupConnection']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['RbacGroupEdge']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['RbacGroup']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RbacGroupEdgeResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RbacGroupEdge'] = ResolversParentTypes['RbacGroupEdge']> = {
  cursor: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node: Resolver<ResolversTypes['RbacGroup'], ParentType, ContextType>;
};

export type RecordRejectionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RecordRejection'] = ResolversParentTypes['RecordRejection']> = {
  count: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  reason: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  samples: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type RefreshAlreadyRunningResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RefreshAlreadyRunning'] = ResolversParentTypes['RefreshAlreadyRunning']> = {
  status: Resolver<ResolversTypes['RefreshStatus'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RefreshFailureResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RefreshFailure'] = ResolversParentTypes['RefreshFailure']> = {
  at: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  code: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retryable: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type RefreshProgressResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RefreshProgress'] = ResolversParentTypes['RefreshProgress']> = {
  bytesDownloaded: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  filesDone: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  filesTotal: Resolver<Schema.Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  recordsRead: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RefreshRateLimitedResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RefreshRateLimited'] = ResolversParentTypes['RefreshRateLimited']> = {
  reason: Resolver<ResolversTypes['RefreshLimit'], ParentType, ContextType>;
  retryAfterSeconds: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  retryAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  status: Resolver<ResolversTypes['RefreshStatus'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RefreshRunResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RefreshRun'] = ResolversParentTypes['RefreshRun']> = {
  failure: Resolver<Schema.Maybe<ResolversTypes['RefreshFailure']>, ParentType, ContextType>;
  finishedAt: Resolver<Schema.Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  outcome: Resolver<Schema.Maybe<ResolversTypes['RefreshOutcome']>, ParentType, ContextType>;
  progress: Resolver<ResolversTypes['RefreshProgress'], ParentType, ContextType>;
  startedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  trigger: Resolver<ResolversTypes['RefreshTrigger'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RefreshSnapshotResultResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RefreshSnapshotResult'] = ResolversParentTypes['RefreshSnapshotResult']> = {
  __resolveType: TypeResolveFn<'RefreshAlreadyRunning' | 'RefreshRateLimited' | 'RefreshStarted', ParentType, ContextType>;
};

export type RefreshStartedResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RefreshStarted'] = ResolversParentTypes['RefreshStarted']> = {
  status: Resolver<ResolversTypes['RefreshStatus'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RefreshStatusResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['RefreshStatus'] = ResolversParentTypes['RefreshStatus']> = {
  budgets: Resolver<Schema.Maybe<ReadonlyArray<ResolversTypes['UpstreamBudget']>>, ParentType, ContextType>;
  currentRun: Resolver<Schema.Maybe<ResolversTypes['RefreshRun']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lastFailure: Resolver<Schema.Maybe<ResolversTypes['RefreshFailure']>, ParentType, ContextType>;
  lastRun: Resolver<Schema.Maybe<ResolversTypes['RefreshRun']>, ParentType, ContextType>;
  lastSuccessAt: Resolver<Schema.Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  nextRunAt: Resolver<Schema.Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  phase: Resolver<ResolversTypes['RefreshPhase'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SnapshotResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Snapshot'] = ResolversParentTypes['Snapshot']> = {
  certificateCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  deviceCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  expiresAt: Resolver<Schema.Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  generatedAt: Resolver<Schema.Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  installationCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  publishedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  quality: Resolver<Schema.Maybe<ResolversTypes['SnapshotQuality']>, ParentType, ContextType>;
  revision: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  source: Resolver<ResolversTypes['SnapshotSource'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SnapshotQualityResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['SnapshotQuality'] = ResolversParentTypes['SnapshotQuality']> = {
  conflictingRecords: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  duplicateRecords: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  recordsRead: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  recordsRejected: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  rejections: Resolver<ReadonlyArray<ResolversTypes['RecordRejection']>, ParentType, ContextType>;
  unknownColumns: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type UpstreamBudgetResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['UpstreamBudget'] = ResolversParentTypes['UpstreamBudget']> = {
  endpoint: Resolver<ResolversTypes['SnapshotSource'], ParentType, ContextType>;
  limitPerHour: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  limitPerMinute: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  remainingThisHour: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  remainingThisMinute: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  resetsAt: Resolver<Schema.Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
  kind: Resolver<ResolversTypes['CallerKind'], ParentType, ContextType>;
  rbacGroupIds: Resolver<Schema.Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  rights: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  subject: Resolver<Schema.Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = GatewayContext> = {
  Certificate: CertificateResolvers<ContextType>;
  CertificateConnection: CertificateConnectionResolvers<ContextType>;
  CertificateEdge: CertificateEdgeResolvers<ContextType>;
  DateTime: GraphQLScalarType;
  Device: DeviceResolvers<ContextType>;
  DeviceConnection: DeviceConnectionResolvers<ContextType>;
  DeviceEdge: DeviceEdgeResolvers<ContextType>;
  DistinguishedName: DistinguishedNameResolvers<ContextType>;
  ExtendedKeyUsage: ExtendedKeyUsageResolvers<ContextType>;
  Installation: InstallationResolvers<ContextType>;
  InstallationConnection: InstallationConnectionResolvers<ContextType>;
  InstallationEdge: InstallationEdgeResolvers<ContextType>;
  Mutation: MutationResolvers<ContextType>;
  Node: NodeResolvers<ContextType>;
  PageInfo: PageInfoResolvers<ContextType>;
  Query: QueryResolvers<ContextType>;
  RbacGroup: RbacGroupResolvers<ContextType>;
  RbacGroupConnection: RbacGroupConnectionResolvers<ContextType>;
  RbacGroupEdge: RbacGroupEdgeResolvers<ContextType>;
  RecordRejection: RecordRejectionResolvers<ContextType>;
  RefreshAlreadyRunning: RefreshAlreadyRunningResolvers<ContextType>;
  RefreshFailure: RefreshFailureResolvers<ContextType>;
  RefreshProgress: RefreshProgressResolvers<ContextType>;
  RefreshRateLimited: RefreshRateLimitedResolvers<ContextType>;
  RefreshRun: RefreshRunResolvers<ContextType>;
  RefreshSnapshotResult: RefreshSnapshotResultResolvers<ContextType>;
  RefreshStarted: RefreshStartedResolvers<ContextType>;
  RefreshStatus: RefreshStatusResolvers<ContextType>;
  Snapshot: SnapshotResolvers<ContextType>;
  SnapshotQuality: SnapshotQualityResolvers<ContextType>;
  UpstreamBudget: UpstreamBudgetResolvers<ContextType>;
  Viewer: ViewerResolvers<ContextType>;
};

