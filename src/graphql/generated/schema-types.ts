export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null | undefined;
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  DateTime: { input: number; output: number; }
};

export type BooleanFilter = {
  readonly eq?: InputMaybe<Scalars['Boolean']['input']>;
  readonly isNull?: InputMaybe<Scalars['Boolean']['input']>;
};

export type CallerKind =
  | 'ANONYMOUS'
  | 'APPLICATION'
  | 'USER';

export type Certificate = Node & {
  readonly daysUntilExpiry?: Maybe<Scalars['Int']['output']>;
  readonly deviceCount: Scalars['Int']['output'];
  readonly devices: DeviceConnection;
  readonly extendedKeyUsages?: Maybe<ReadonlyArray<ExtendedKeyUsage>>;
  readonly id: Scalars['ID']['output'];
  readonly installationCount: Scalars['Int']['output'];
  readonly installations: InstallationConnection;
  readonly isSelfSigned?: Maybe<Scalars['Boolean']['output']>;
  readonly issuer?: Maybe<DistinguishedName>;
  readonly keySize?: Maybe<Scalars['Int']['output']>;
  readonly keyUsages?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly lifetimeDays?: Maybe<Scalars['Int']['output']>;
  readonly notAfter?: Maybe<Scalars['DateTime']['output']>;
  readonly notBefore?: Maybe<Scalars['DateTime']['output']>;
  readonly serialNumber?: Maybe<Scalars['String']['output']>;
  readonly signatureAlgorithm?: Maybe<Scalars['String']['output']>;
  readonly subject?: Maybe<DistinguishedName>;
  readonly subjectType?: Maybe<SubjectType>;
  readonly thumbprint: Scalars['String']['output'];
  readonly validity: Validity;
};


export type CertificateDaysUntilExpiryArgs = {
  at?: InputMaybe<Scalars['DateTime']['input']>;
};


export type CertificateDevicesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DeviceFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<DeviceOrder>;
};


export type CertificateInstallationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<InstallationFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<InstallationOrder>;
};


export type CertificateValidityArgs = {
  at?: InputMaybe<Scalars['DateTime']['input']>;
};

export type CertificateConnection = {
  readonly edges: ReadonlyArray<CertificateEdge>;
  readonly nodes: ReadonlyArray<Certificate>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type CertificateEdge = {
  readonly cursor: Scalars['String']['output'];
  readonly node: Certificate;
};

export type CertificateFilter = {
  readonly and?: InputMaybe<ReadonlyArray<CertificateFilter>>;
  readonly deviceCount?: InputMaybe<IntFilter>;
  readonly extendedKeyUsages?: InputMaybe<StringListFilter>;
  readonly installationCount?: InputMaybe<IntFilter>;
  readonly installations?: InputMaybe<InstallationQuantifier>;
  readonly isSelfSigned?: InputMaybe<BooleanFilter>;
  readonly issuer?: InputMaybe<DistinguishedNameFilter>;
  readonly keySize?: InputMaybe<IntFilter>;
  readonly keyUsages?: InputMaybe<StringListFilter>;
  readonly lifetimeDays?: InputMaybe<IntFilter>;
  readonly not?: InputMaybe<CertificateFilter>;
  readonly notAfter?: InputMaybe<DateTimeFilter>;
  readonly notBefore?: InputMaybe<DateTimeFilter>;
  readonly or?: InputMaybe<ReadonlyArray<CertificateFilter>>;
  readonly serialNumber?: InputMaybe<StringFilter>;
  readonly signatureAlgorithm?: InputMaybe<StringFilter>;
  readonly subject?: InputMaybe<DistinguishedNameFilter>;
  readonly subjectType?: InputMaybe<SubjectTypeFilter>;
  readonly thumbprint?: InputMaybe<StringFilter>;
  readonly validity?: InputMaybe<ValidityFilter>;
};

export type CertificateOrder = {
  readonly direction?: InputMaybe<OrderDirection>;
  readonly field: CertificateOrderField;
};

export type CertificateOrderField =
  | 'DEVICE_COUNT'
  | 'INSTALLATION_COUNT'
  | 'ISSUER'
  | 'KEY_SIZE'
  | 'NOT_AFTER'
  | 'NOT_BEFORE'
  | 'SUBJECT'
  | 'THUMBPRINT';

export type DateTimeFilter = {
  readonly eq?: InputMaybe<Scalars['DateTime']['input']>;
  readonly gt?: InputMaybe<Scalars['DateTime']['input']>;
  readonly gte?: InputMaybe<Scalars['DateTime']['input']>;
  readonly isNull?: InputMaybe<Scalars['Boolean']['input']>;
  readonly lt?: InputMaybe<Scalars['DateTime']['input']>;
  readonly lte?: InputMaybe<Scalars['DateTime']['input']>;
};

export type Device = Node & {
  readonly certificateCount: Scalars['Int']['output'];
  readonly certificates: CertificateConnection;
  readonly deviceId: Scalars['String']['output'];
  readonly id: Scalars['ID']['output'];
  readonly installationCount: Scalars['Int']['output'];
  readonly installations: InstallationConnection;
  readonly name?: Maybe<Scalars['String']['output']>;
  readonly rbacGroup?: Maybe<RbacGroup>;
};


export type DeviceCertificatesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<CertificateFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<CertificateOrder>;
};


export type DeviceInstallationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<InstallationFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<InstallationOrder>;
};

export type DeviceConnection = {
  readonly edges: ReadonlyArray<DeviceEdge>;
  readonly nodes: ReadonlyArray<Device>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type DeviceEdge = {
  readonly cursor: Scalars['String']['output'];
  readonly node: Device;
};

export type DeviceFilter = {
  readonly and?: InputMaybe<ReadonlyArray<DeviceFilter>>;
  readonly certificateCount?: InputMaybe<IntFilter>;
  readonly deviceId?: InputMaybe<StringFilter>;
  readonly installationCount?: InputMaybe<IntFilter>;
  readonly installations?: InputMaybe<InstallationQuantifier>;
  readonly name?: InputMaybe<StringFilter>;
  readonly not?: InputMaybe<DeviceFilter>;
  readonly or?: InputMaybe<ReadonlyArray<DeviceFilter>>;
  readonly rbacGroup?: InputMaybe<RbacGroupFilter>;
};

export type DeviceOrder = {
  readonly direction?: InputMaybe<OrderDirection>;
  readonly field: DeviceOrderField;
};

export type DeviceOrderField =
  | 'CERTIFICATE_COUNT'
  | 'DEVICE_ID'
  | 'INSTALLATION_COUNT'
  | 'NAME';

export type DistinguishedName = {
  readonly commonName?: Maybe<Scalars['String']['output']>;
  readonly country?: Maybe<Scalars['String']['output']>;
  readonly displayName: Scalars['String']['output'];
  readonly locality?: Maybe<Scalars['String']['output']>;
  readonly organization?: Maybe<Scalars['String']['output']>;
  readonly organizationalUnit?: Maybe<Scalars['String']['output']>;
  readonly state?: Maybe<Scalars['String']['output']>;
  readonly text: Scalars['String']['output'];
};

export type DistinguishedNameFilter = {
  readonly commonName?: InputMaybe<StringFilter>;
  readonly country?: InputMaybe<StringFilter>;
  readonly displayName?: InputMaybe<StringFilter>;
  readonly isNull?: InputMaybe<Scalars['Boolean']['input']>;
  readonly locality?: InputMaybe<StringFilter>;
  readonly organization?: InputMaybe<StringFilter>;
  readonly organizationalUnit?: InputMaybe<StringFilter>;
  readonly state?: InputMaybe<StringFilter>;
  readonly text?: InputMaybe<StringFilter>;
};

export type ExtendedKeyUsage = {
  readonly name: Scalars['String']['output'];
  readonly oid?: Maybe<Scalars['String']['output']>;
};

export type Installation = Node & {
  readonly certificate: Certificate;
  readonly device: Device;
  readonly id: Scalars['ID']['output'];
  readonly path: Scalars['String']['output'];
  readonly storeLocation?: Maybe<Scalars['String']['output']>;
  readonly storeName?: Maybe<Scalars['String']['output']>;
};

export type InstallationConnection = {
  readonly edges: ReadonlyArray<InstallationEdge>;
  readonly nodes: ReadonlyArray<Installation>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type InstallationEdge = {
  readonly cursor: Scalars['String']['output'];
  readonly node: Installation;
};

export type InstallationFilter = {
  readonly and?: InputMaybe<ReadonlyArray<InstallationFilter>>;
  readonly certificate?: InputMaybe<CertificateFilter>;
  readonly device?: InputMaybe<DeviceFilter>;
  readonly not?: InputMaybe<InstallationFilter>;
  readonly or?: InputMaybe<ReadonlyArray<InstallationFilter>>;
  readonly path?: InputMaybe<StringFilter>;
  readonly storeLocation?: InputMaybe<StringFilter>;
  readonly storeName?: InputMaybe<StringFilter>;
};

export type InstallationOrder = {
  readonly direction?: InputMaybe<OrderDirection>;
  readonly field: InstallationOrderField;
};

export type InstallationOrderField =
  | 'DEVICE_ID'
  | 'NOT_AFTER'
  | 'PATH';

export type InstallationQuantifier = {
  readonly none?: InputMaybe<InstallationFilter>;
  readonly some?: InputMaybe<InstallationFilter>;
};

export type IntFilter = {
  readonly eq?: InputMaybe<Scalars['Int']['input']>;
  readonly gt?: InputMaybe<Scalars['Int']['input']>;
  readonly gte?: InputMaybe<Scalars['Int']['input']>;
  readonly in?: InputMaybe<ReadonlyArray<Scalars['Int']['input']>>;
  readonly isNull?: InputMaybe<Scalars['Boolean']['input']>;
  readonly lt?: InputMaybe<Scalars['Int']['input']>;
  readonly lte?: InputMaybe<Scalars['Int']['input']>;
  readonly ne?: InputMaybe<Scalars['Int']['input']>;
};

export type Mutation = {
  readonly refreshSnapshot?: Maybe<RefreshSnapshotResult>;
};

export type Node = {
  readonly id: Scalars['ID']['output'];
};

export type OrderDirection =
  | 'ASC'
  | 'DESC';

export type PageInfo = {
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

export type Query = {
  readonly certificate?: Maybe<Certificate>;
  readonly certificates?: Maybe<CertificateConnection>;
  readonly device?: Maybe<Device>;
  readonly devices?: Maybe<DeviceConnection>;
  readonly installations?: Maybe<InstallationConnection>;
  readonly node?: Maybe<Node>;
  readonly nodes?: Maybe<ReadonlyArray<Maybe<Node>>>;
  readonly rbacGroups?: Maybe<RbacGroupConnection>;
  readonly refresh?: Maybe<RefreshStatus>;
  readonly snapshot?: Maybe<Snapshot>;
  readonly viewer?: Maybe<Viewer>;
};


export type QueryCertificateArgs = {
  thumbprint: Scalars['String']['input'];
};


export type QueryCertificatesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<CertificateFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<CertificateOrder>;
};


export type QueryDeviceArgs = {
  deviceId: Scalars['String']['input'];
};


export type QueryDevicesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DeviceFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<DeviceOrder>;
};


export type QueryInstallationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<InstallationFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<InstallationOrder>;
};


export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


export type QueryNodesArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


export type QueryRbacGroupsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};

export type RbacGroup = Node & {
  readonly certificateCount: Scalars['Int']['output'];
  readonly certificates: CertificateConnection;
  readonly deviceCount: Scalars['Int']['output'];
  readonly devices: DeviceConnection;
  readonly id: Scalars['ID']['output'];
  readonly installationCount: Scalars['Int']['output'];
  readonly name?: Maybe<Scalars['String']['output']>;
  readonly rbacGroupId: Scalars['String']['output'];
};


export type RbacGroupCertificatesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<CertificateFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<CertificateOrder>;
};


export type RbacGroupDevicesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DeviceFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<DeviceOrder>;
};

export type RbacGroupConnection = {
  readonly edges: ReadonlyArray<RbacGroupEdge>;
  readonly nodes: ReadonlyArray<RbacGroup>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type RbacGroupEdge = {
  readonly cursor: Scalars['String']['output'];
  readonly node: RbacGroup;
};

export type RbacGroupFilter = {
  readonly isNull?: InputMaybe<Scalars['Boolean']['input']>;
  readonly name?: InputMaybe<StringFilter>;
  readonly rbacGroupId?: InputMaybe<StringFilter>;
};

export type RecordRejection = {
  readonly count: Scalars['Int']['output'];
  readonly reason: Scalars['String']['output'];
  readonly samples: ReadonlyArray<Scalars['String']['output']>;
};

export type RefreshAlreadyRunning = RefreshSnapshotResult & {
  readonly status: RefreshStatus;
};

export type RefreshFailure = {
  readonly at: Scalars['DateTime']['output'];
  readonly code: Scalars['String']['output'];
  readonly message: Scalars['String']['output'];
  readonly retryable: Scalars['Boolean']['output'];
};

export type RefreshLimit =
  | 'COOLDOWN'
  | 'UPSTREAM_BUDGET'
  | 'UPSTREAM_THROTTLED';

export type RefreshOutcome =
  | 'CANCELLED'
  | 'FAILED'
  | 'PUBLISHED'
  | 'REJECTED'
  | 'UNCHANGED';

export type RefreshPhase =
  | 'BUILDING'
  | 'DOWNLOADING'
  | 'IDLE'
  | 'PUBLISHING'
  | 'REQUESTING'
  | 'VALIDATING'
  | 'WAITING';

export type RefreshProgress = {
  readonly bytesDownloaded: Scalars['Float']['output'];
  readonly filesDone: Scalars['Int']['output'];
  readonly filesTotal?: Maybe<Scalars['Int']['output']>;
  readonly recordsRead: Scalars['Int']['output'];
};

export type RefreshRateLimited = RefreshSnapshotResult & {
  readonly reason: RefreshLimit;
  readonly retryAfterSeconds: Scalars['Int']['output'];
  readonly retryAt: Scalars['DateTime']['output'];
  readonly status: RefreshStatus;
};

export type RefreshRun = Node & {
  readonly failure?: Maybe<RefreshFailure>;
  readonly finishedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly outcome?: Maybe<RefreshOutcome>;
  readonly progress: RefreshProgress;
  readonly startedAt: Scalars['DateTime']['output'];
  readonly trigger: RefreshTrigger;
};

export type RefreshSnapshotResult = {
  readonly status: RefreshStatus;
};

export type RefreshStarted = RefreshSnapshotResult & {
  readonly status: RefreshStatus;
};

export type RefreshStatus = Node & {
  readonly budgets?: Maybe<ReadonlyArray<UpstreamBudget>>;
  readonly currentRun?: Maybe<RefreshRun>;
  readonly id: Scalars['ID']['output'];
  readonly lastFailure?: Maybe<RefreshFailure>;
  readonly lastRun?: Maybe<RefreshRun>;
  readonly lastSuccessAt?: Maybe<Scalars['DateTime']['output']>;
  readonly nextRunAt?: Maybe<Scalars['DateTime']['output']>;
  readonly phase: RefreshPhase;
};

export type RefreshTrigger =
  | 'MUTATION'
  | 'RETRY'
  | 'SCHEDULE'
  | 'STARTUP';

export type Snapshot = Node & {
  readonly certificateCount: Scalars['Int']['output'];
  readonly deviceCount: Scalars['Int']['output'];
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  readonly generatedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly installationCount: Scalars['Int']['output'];
  readonly publishedAt: Scalars['DateTime']['output'];
  readonly quality?: Maybe<SnapshotQuality>;
  readonly revision: Scalars['Int']['output'];
  readonly source: SnapshotSource;
};

export type SnapshotQuality = {
  readonly conflictingRecords: Scalars['Int']['output'];
  readonly duplicateRecords: Scalars['Int']['output'];
  readonly recordsRead: Scalars['Int']['output'];
  readonly recordsRejected: Scalars['Int']['output'];
  readonly rejections: ReadonlyArray<RecordRejection>;
  readonly unknownColumns: ReadonlyArray<Scalars['String']['output']>;
};

export type SnapshotSource =
  | 'EXPORT'
  | 'PAGED';

export type StringFilter = {
  readonly contains?: InputMaybe<Scalars['String']['input']>;
  readonly endsWith?: InputMaybe<Scalars['String']['input']>;
  readonly eq?: InputMaybe<Scalars['String']['input']>;
  readonly in?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly isNull?: InputMaybe<Scalars['Boolean']['input']>;
  readonly ne?: InputMaybe<Scalars['String']['input']>;
  readonly notIn?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly startsWith?: InputMaybe<Scalars['String']['input']>;
};

export type StringListFilter = {
  readonly has?: InputMaybe<Scalars['String']['input']>;
  readonly hasAll?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly hasAny?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly isEmpty?: InputMaybe<Scalars['Boolean']['input']>;
  readonly isNull?: InputMaybe<Scalars['Boolean']['input']>;
};

export type SubjectType =
  | 'CERTIFICATE_AUTHORITY'
  | 'END_ENTITY';

export type SubjectTypeFilter = {
  readonly in?: InputMaybe<ReadonlyArray<SubjectType>>;
  readonly isNull?: InputMaybe<Scalars['Boolean']['input']>;
};

export type UpstreamBudget = {
  readonly endpoint: SnapshotSource;
  readonly limitPerHour: Scalars['Int']['output'];
  readonly limitPerMinute: Scalars['Int']['output'];
  readonly remainingThisHour: Scalars['Int']['output'];
  readonly remainingThisMinute: Scalars['Int']['output'];
  readonly resetsAt?: Maybe<Scalars['DateTime']['output']>;
};

export type Validity =
  | 'CURRENT'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'UNKNOWN';

export type ValidityFilter = {
  readonly at?: InputMaybe<Scalars['DateTime']['input']>;
  readonly expiresWithinDays?: InputMaybe<Scalars['Int']['input']>;
  readonly in?: InputMaybe<ReadonlyArray<Validity>>;
};

export type Viewer = {
  readonly kind: CallerKind;
  readonly rbacGroupIds?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly rights: ReadonlyArray<Scalars['String']['output']>;
  readonly subject?: Maybe<Scalars['String']['output']>;
};
