/**
 * Which room of the source may import which, and where each library may be used. The table is that of
 * docs/architecture.md; everything that it does not allow is an error.
 */

/** Room → the paths under src that it may import besides its own. */
const ROOMS = {
  core: [],
  config: ['core/'],
  telemetry: ['core/'],
  snapshot: ['core/'],
  defender: ['core/', 'snapshot/record[.]ts$'],
  identity: ['core/'],
  storage: ['core/', 'snapshot/format[.]ts$'],
  refresh: ['core/', 'snapshot/'],
  serving: ['core/', 'snapshot/'],
  graphql: ['core/', 'snapshot/'],
  http: ['core/', 'graphql/', 'telemetry/'],
  simulator: ['core/'],
};

/** Library → the paths under src that may import it: it is one room's affair, the others see that room's types. */
const LIBRARIES = {
  'undici|@azure/msal-node': ['defender/'],
  'keyv|@keyv/redis|@redis/client': ['storage/'],
  'prom-client': ['telemetry/'],
  'fastify|@fastify/[^/]+|helmet|@graphql-yoga/[^/]+': ['http/'],
  'graphql|dataloader|@graphql-tools/[^/]+': ['graphql/'],
  // The HTTP handler hands requests to Apollo; the composition of a server puts its cache on Keyv.
  '@apollo/server': ['graphql/', 'http/graphql-(?:request|route)[.]ts$', 'http/server[.]ts$'],
  '@apollo/utils[.][^/]+': ['graphql/', 'compose-serving[.]ts$'],
  pino: ['telemetry/'],
  jose: ['identity/', 'simulator/'],
  zod: ['config/', 'defender/', 'identity/'],
};

const anyOf = (alternatives) => `(?:${alternatives.join('|')})`;

const roomRules = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `imports-of-${room}`,
  severity: 'error',
  comment: `src/${room} may import ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')}.`,
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/${anyOf([`${room}/`, ...allowed])}` },
}));

const libraryRules = Object.entries(LIBRARIES).map(([library, allowed]) => ({
  name: `users-of-${library}`,
  severity: 'error',
  comment: `Only ${allowed.join(', ')} may import ${library}.`,
  from: { path: '^src/', pathNot: `^src/${anyOf(allowed)}` },
  to: { path: `^node_modules/(?:${library})/` },
}));

export default {
  forbidden: [
    ...roomRules,
    ...libraryRules,
    {
      name: 'imports-of-main',
      severity: 'error',
      comment:
        'src/main.ts starts processes: it may import the composition root, the settings, the commands, and for the demo the simulator.',
      from: { path: '^src/main[.]ts$' },
      to: {
        path: '^src/',
        pathNot: '^src/(?:app[.]ts$|demo-progress[.]ts$|refused-command[.]ts$|config/|simulator/)',
      },
    },
    {
      name: 'composition-without-simulator',
      severity: 'error',
      comment: 'The gateway must not share code with what it is tested against.',
      from: { path: '^src/[^/]+[.]ts$', pathNot: '^src/main[.]ts$' },
      to: { path: '^src/(?:simulator/|main[.]ts$)' },
    },
    {
      name: 'pure-snapshot',
      severity: 'error',
      comment:
        'src/snapshot does no I/O and waits for nothing: of Node it may have hashing, of libraries none.',
      from: { path: '^src/snapshot/' },
      to: { path: ['^node_modules/', '^src/core/clock[.]ts$'] },
    },
    {
      name: 'pure-snapshot-of-node',
      severity: 'error',
      comment:
        'src/snapshot does no I/O and waits for nothing: of Node it may have hashing, of libraries none.',
      from: { path: '^src/snapshot/' },
      to: { dependencyTypes: ['core'], pathNot: '^(?:node:)?crypto$' },
    },
    {
      name: 'libraries-of-core-refresh-and-serving',
      severity: 'error',
      comment: 'src/core, src/refresh and src/serving use no library.',
      from: { path: '^src/(?:core|refresh|serving)/' },
      to: { path: '^node_modules/' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'Two modules that need each other are one module, or hide a third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      severity: 'error',
      comment: 'A module that nothing imports and that imports nothing is dead.',
      from: { orphan: true, pathNot: '^src/(?:main|refresh-worker|serving-worker|execution-worker)[.]ts$' },
      to: {},
    },
    {
      name: 'no-unlisted-library',
      severity: 'error',
      comment:
        'A library that is imported is listed in package.json: an indirect one goes away without notice.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-library',
      severity: 'error',
      comment:
        'The container has no development libraries; the demo and the simulator load theirs when asked for.',
      from: { path: '^src/', pathNot: '^src/(?:simulator/|demo-progress[.]ts$)' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'no-unresolved-import',
      severity: 'error',
      comment: 'An import that leads nowhere.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-tests-in-source',
      severity: 'error',
      comment: 'What runs must not need what tests it.',
      from: { path: '^src/' },
      to: { path: '^(?:test|bench|tools)/' },
    },
  ],
  options: {
    doNotFollow: { path: '^node_modules/' },
    /** Imports of types count: a room that knows another's types depends on it. */
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
