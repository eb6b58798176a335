/**
 * The operations that the playground opens with: what people ask of a certificate inventory, each ready
 * to run on any tenant. The variables' defaults find rows on most fleets; change them there or pass values.
 */

export interface ExampleOperation {
  /** The operation's name in the document, unique; the playground shows it on the tab. */
  readonly name: string;
  /** What it answers and how to read the answer: a few plain sentences. */
  readonly description: string;
  /** One operation in the GraphQL language; its variables have defaults. */
  readonly document: string;
}

/** A root that Windows trusts by default and that most machines hold: DigiCert Global Root G2. */
const COMMON_ROOT_THUMBPRINT = 'DF3C24F9BFD666761B268073FE06D1CC8D4F82A4';

/** In the order of the tabs; the first is the one that a newcomer sees. */
export const EXAMPLE_OPERATIONS: readonly ExampleOperation[] = [
  {
    name: 'ExpiringSoon',
    description:
      'Which certificates expire in the next 30 days, and on which machines? Soonest first. Page on ' +
      'by passing pageInfo.endCursor as $after.',
    document: `query ExpiringSoon($days: Int! = 30, $after: String) {
  certificates(
    first: 20
    after: $after
    filter: { validity: { expiresWithinDays: $days } }
    orderBy: { field: NOT_AFTER }
  ) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      thumbprint
      subject { displayName }
      issuer { displayName }
      notAfter
      daysUntilExpiry
      deviceCount
      installations(first: 10) {
        nodes { storeName device { name rbacGroup { name } } }
      }
    }
  }
}`,
  },
  {
    name: 'WhereIsThumbprint',
    description:
      'One certificate everywhere: on which machines is it, and in which stores? Paste a thumbprint ' +
      'as any tool prints it: case, spaces and colons do not matter.',
    document: `query WhereIsThumbprint($thumbprint: String! = "${COMMON_ROOT_THUMBPRINT}") {
  certificate(thumbprint: $thumbprint) {
    thumbprint
    subject { text }
    validity
    notAfter
    deviceCount
    installations(first: 50) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { path device { deviceId name } }
    }
  }
}`,
  },
  {
    name: 'DeviceInventory',
    description:
      'Everything on one machine, soonest expiry first. Put the start of its name into $namePrefix; ' +
      'while that is empty, the first machine by name is shown.',
    document: `query DeviceInventory($namePrefix: String! = "") {
  devices(first: 1, filter: { name: { startsWith: $namePrefix } }, orderBy: { field: NAME }) {
    nodes {
      deviceId
      name
      rbacGroup { name }
      certificateCount
      installations(first: 100, orderBy: { field: NOT_AFTER }) {
        totalCount
        nodes {
          storeName
          certificate { thumbprint subject { displayName } issuer { displayName } notAfter validity }
        }
      }
    }
  }
}`,
  },
  {
    name: 'DevicesLackingRoot',
    description:
      'Which machines lack our root? "none" holds where no installation matches all that is inside ' +
      'it. Replace the thumbprint by that of your corporate root.',
    document: `query DevicesLackingRoot($thumbprint: String! = "${COMMON_ROOT_THUMBPRINT}") {
  devices(
    first: 50
    filter: {
      installations: {
        none: {
          storeName: { in: ["Root", "AuthRoot"] }
          certificate: { thumbprint: { eq: $thumbprint } }
        }
      }
    }
    orderBy: { field: NAME }
  ) {
    totalCount
    nodes { deviceId name rbacGroup { name } }
  }
}`,
  },
  {
    name: 'WeakCertificates',
    description:
      'Weak signatures (SHA-1, MD5) and RSA keys under 2,048 bits, on most machines first. Trust ' +
      'anchors are left out: nobody verifies the signature that a root made on itself. ' +
      'Elliptic-curve keys are short and strong, so key size alone would accuse them wrongly.',
    document: `query WeakCertificates {
  certificates(
    first: 50
    filter: {
      or: [
        { signatureAlgorithm: { contains: "sha1" } }
        { signatureAlgorithm: { contains: "md5" } }
        { keySize: { lt: 2048 }, not: { signatureAlgorithm: { contains: "ecdsa" } } }
      ]
      not: { isSelfSigned: { eq: true }, subjectType: { in: [CERTIFICATE_AUTHORITY] } }
    }
    orderBy: { field: DEVICE_COUNT, direction: DESC }
  ) {
    totalCount
    nodes { thumbprint subject { displayName } signatureAlgorithm keySize notAfter deviceCount }
  }
}`,
  },
  {
    name: 'SelfSignedLeaves',
    description:
      'Self-signed end-entity certificates outside the Remote Desktop store, where Windows makes ' +
      'its own.',
    document: `query SelfSignedLeaves {
  certificates(
    first: 50
    filter: {
      isSelfSigned: { eq: true }
      subjectType: { in: [END_ENTITY] }
      installations: { some: { storeName: { ne: "Remote Desktop" } } }
    }
    orderBy: { field: SUBJECT }
  ) {
    totalCount
    nodes {
      thumbprint
      subject { text }
      lifetimeDays
      notAfter
      installations(first: 5) { nodes { storeName device { name } } }
    }
  }
}`,
  },
  {
    name: 'NotYetValid',
    description: 'Certificates whose validity begins in the future: staged on purpose, or a wrong clock.',
    document: `query NotYetValid {
  certificates(first: 50, filter: { validity: { in: [NOT_YET_VALID] } }, orderBy: { field: NOT_BEFORE }) {
    totalCount
    nodes { thumbprint subject { displayName } issuer { displayName } notBefore notAfter deviceCount }
  }
}`,
  },
  {
    name: 'ExpiredMachineCertificates',
    description:
      'Expired certificates in the stores that services take theirs from, latest expiry first. ' +
      'Expired roots are left alone: Windows keeps some so that old signatures still verify.',
    document: `query ExpiredMachineCertificates {
  certificates(
    first: 50
    filter: {
      validity: { in: [EXPIRED] }
      installations: { some: { storeName: { in: ["My", "WebHosting", "Remote Desktop"] } } }
    }
    orderBy: { field: NOT_AFTER, direction: DESC }
  ) {
    totalCount
    nodes {
      thumbprint
      subject { displayName }
      notAfter
      daysUntilExpiry
      deviceCount
      devices(first: 5) { nodes { name } }
    }
  }
}`,
  },
  {
    name: 'TotalsByGroup',
    description: 'Totals for each RBAC group: machines, distinct certificates, and those that expire soon.',
    document: `query TotalsByGroup($days: Int! = 30) {
  rbacGroups(first: 100) {
    totalCount
    nodes {
      rbacGroupId
      name
      deviceCount
      certificateCount
      installationCount
      expiringSoon: certificates(first: 0, filter: { validity: { expiresWithinDays: $days } }) { totalCount }
      expired: certificates(first: 0, filter: { validity: { in: [EXPIRED] } }) { totalCount }
    }
  }
}`,
  },
  {
    name: 'UnparsedCertificates',
    description:
      'Certificates that Defender reported without a key size, algorithm, date or name: it could ' +
      'not read them. Null means "not reported", never zero or expired.',
    document: `query UnparsedCertificates {
  certificates(
    first: 50
    filter: {
      or: [
        { keySize: { isNull: true } }
        { signatureAlgorithm: { isNull: true } }
        { notAfter: { isNull: true } }
        { subject: { isNull: true } }
      ]
    }
  ) {
    totalCount
    nodes { thumbprint subject { text } signatureAlgorithm keySize notBefore notAfter validity deviceCount }
  }
}`,
  },
  {
    name: 'NotSelfSignedInRoot',
    description:
      'Certificates in the Root store that are not self-signed. They belong into CA, and break ' +
      'client-certificate authentication on IIS (HTTP 403.16).',
    document: `query NotSelfSignedInRoot {
  installations(
    first: 50
    filter: { storeName: { eq: "Root" }, certificate: { isSelfSigned: { eq: false } } }
  ) {
    totalCount
    nodes {
      path
      device { name }
      certificate { subject { displayName } issuer { displayName } }
    }
  }
}`,
  },
  {
    name: 'KnownBadRoots',
    description:
      'Roots whose private keys are public: Superfish, eDellRoot, DSDTestProvider. Whoever has the ' +
      'key can impersonate any site to a machine that trusts them. The answer should be empty.',
    document: `query KnownBadRoots {
  certificates(
    filter: {
      thumbprint: {
        in: [
          "C864484869D41D2B0D32319C5A62F9315AAF2CBD"
          "98A04E4163357790C4A79E6D713FF0AF51FE6927"
          "02C2D931062D7B1DC2A5C7F5F0685064081FB221"
        ]
      }
    }
  ) {
    totalCount
    nodes { thumbprint subject { displayName } deviceCount devices(first: 50) { nodes { name } } }
  }
}`,
  },
  {
    name: 'RareRoots',
    description: 'Self-signed authorities in a root store on very few machines: who put them there?',
    document: `query RareRoots($fewerThan: Int! = 5) {
  certificates(
    first: 50
    filter: {
      isSelfSigned: { eq: true }
      subjectType: { in: [CERTIFICATE_AUTHORITY] }
      deviceCount: { lt: $fewerThan }
      installations: { some: { storeName: { in: ["Root", "AuthRoot"] } } }
    }
    orderBy: { field: DEVICE_COUNT }
  ) {
    totalCount
    nodes { thumbprint subject { text } deviceCount devices(first: 5) { nodes { name } } }
  }
}`,
  },
  {
    name: 'IssuedBy',
    description:
      'What hangs on one authority? All certificates whose issuer name contains the text: renew ' +
      'these when it dies or is distrusted.',
    document: `query IssuedBy($issuer: String! = "CA") {
  certificates(
    first: 50
    filter: { issuer: { displayName: { contains: $issuer } }, subjectType: { in: [END_ENTITY] } }
    orderBy: { field: NOT_AFTER, direction: DESC }
  ) {
    totalCount
    nodes { thumbprint subject { displayName } issuer { text } notAfter deviceCount }
  }
}`,
  },
  {
    name: 'ClientAuthentication',
    description:
      'Server certificates that also authenticate clients. Public authorities stop issuing these, ' +
      'so the next renewal breaks mutual TLS.',
    document: `query ClientAuthentication {
  certificates(
    first: 50
    filter: {
      extendedKeyUsages: { hasAll: ["Server Authentication", "Client Authentication"] }
      subjectType: { in: [END_ENTITY] }
      validity: { in: [CURRENT] }
    }
    orderBy: { field: NOT_AFTER }
  ) {
    totalCount
    nodes { thumbprint subject { displayName } issuer { displayName } extendedKeyUsages { name } notAfter }
  }
}`,
  },
  {
    name: 'SnapshotAndRefresh',
    description:
      'How old is what I see, how clean was it, and what is the refresher doing? A rejected record ' +
      'is counted by reason and sampled, never dropped silently.',
    document: `query SnapshotAndRefresh {
  snapshot {
    revision
    generatedAt
    publishedAt
    expiresAt
    source
    certificateCount
    deviceCount
    installationCount
    quality {
      recordsRead
      recordsRejected
      duplicateRecords
      conflictingRecords
      unknownColumns
      rejections { reason count samples }
    }
  }
  refresh {
    phase
    nextRunAt
    lastSuccessAt
    currentRun { trigger startedAt progress { filesTotal filesDone bytesDownloaded recordsRead } }
    lastRun { trigger startedAt finishedAt outcome }
    lastFailure { at code message retryable }
    budgets { endpoint remainingThisMinute remainingThisHour resetsAt }
  }
}`,
  },
  {
    name: 'RefreshNow',
    description:
      'Ask for a refresh. It answers at once: started, already running, or when to ask again, since ' +
      'Defender allows few exports an hour. Watch it with SnapshotAndRefresh.',
    document: `mutation RefreshNow {
  refreshSnapshot {
    __typename
    status { phase currentRun { trigger startedAt } }
    ... on RefreshRateLimited { reason retryAt retryAfterSeconds }
  }
}`,
  },
];
