// Who may import whom. The reasons are in docs/architecture.md; test/architecture seeds a violation of each rule.

// Between features, each may import the doors of those after it and no others. To change this list is to change the architecture (docs/adr/0006).
const CORE_MODULES = {
  tenants: [],
  contacts: ['tenants'],
  'rate-limit': [],
  messages: ['contacts'],
  channels: ['rate-limit', 'tenants'],
  schedules: ['messages', 'contacts', 'channels', 'tenants'],
  'delivery-logs': ['schedules', 'messages', 'contacts', 'channels', 'tenants'],
  dispatch: ['delivery-logs', 'schedules', 'messages', 'contacts', 'channels', 'rate-limit'],
};
// These only read or react: they may import any of the above, and none of the above imports them.
const LEAVES = ['status-webhooks', 'insights', 'audit', 'google-contacts'];
const MAY_IMPORT = { ...CORE_MODULES, ...Object.fromEntries(LEAVES.map((leaf) => [leaf, Object.keys(CORE_MODULES)])) };

const SPEC = '\\.spec\\.ts$';
const folder = (name) => `^src/modules/${name}/`;
const npm = (name) => `(^|/)node_modules/(@types/)?${name}/`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const graph = Object.entries(MAY_IMPORT).map(([name, others]) =>
  rule(
    `dag-${name}`,
    `${name} imports ${others.length === 0 ? 'no other module' : `only ${others.join(', ')}`}.`,
    { path: folder(name) },
    {
      path: '^src/modules/',
      pathNot: [name, ...others].map(folder),
    },
  ),
);

module.exports = {
  forbidden: [
    ...graph,
    rule(
      'modules-are-listed',
      'A module has its place in the list above.',
      { path: '^src/modules/', pathNot: Object.keys(MAY_IMPORT).map(folder) },
      {},
    ),
    rule(
      'modules-meet-at-door',
      'Of another module only its index.ts is visible.',
      { path: '^src/modules/([^/]+)/' },
      { path: '^src/modules/', pathNot: ['^src/modules/$1/', '^src/modules/[^/]+/index\\.ts$'] },
    ),
    rule(
      'root-uses-doors',
      'What puts the program together uses the doors too; only entities.ts lists rows.',
      { path: '^(src/[^/]+|ormconfig)\\.ts$', pathNot: '^src/entities\\.ts$' },
      { path: '^src/modules/', pathNot: '^src/modules/[^/]+/index\\.ts$' },
    ),
    rule(
      'entities-lists-rows',
      'entities.ts names rows and nothing else.',
      { path: '^src/entities\\.ts$' },
      { path: '^src/', pathNot: '^src/modules/[^/]+/persistence/' },
    ),
    rule(
      'core-is-pure',
      'The core decides; it knows no framework, no clock, no network, not even node.',
      { path: '^src/core/', pathNot: [SPEC, '^src/core/recurrence/'] },
      { pathNot: ['^src/core/', npm('luxon')] },
    ),
    rule(
      'core-recurrence-is-pure',
      'As core-is-pure; it also has cron-parser to read the fields of an expression.',
      { path: '^src/core/recurrence/', pathNot: SPEC },
      { pathNot: ['^src/core/', npm('luxon'), npm('cron-parser')] },
    ),
    rule(
      'core-is-tested-alone',
      'A test of the core needs nothing but the core, and what is built of the core for such tests.',
      { path: [`^src/core/.*${SPEC}`, '^test/support/core/'] },
      { path: '^(src|test)/', pathNot: ['^src/core/', '^test/support/core/'] },
    ),
    rule(
      'graphql-no-rows',
      'The API maps; rows belong to the services. A TenantScope is handed through.',
      { path: '^src/modules/[^/]+/graphql/' },
      {
        path: ['/persistence/', '^src/platform/database/', '^src/gateways/', npm('typeorm')],
        pathNot: '^src/platform/database/tenant-scope\\.ts$',
      },
    ),
    rule(
      'persistence-down',
      'Rows know nobody above them.',
      { path: '^src/modules/[^/]+/persistence/' },
      { path: ['^src/modules/[^/]+/(graphql|application)/', '^src/platform/graphql/', '^src/gateways/'] },
    ),
    rule(
      'application-no-wire',
      'A service knows neither the API nor the ORM nor a provider. Pages and the port that opens sockets are no wire.',
      { path: '^src/modules/[^/]+/application/' },
      {
        path: [
          '^src/modules/[^/]+/graphql/',
          '^src/platform/graphql/',
          '^src/gateways/',
          npm('typeorm'),
          npm('graphql'),
          npm('@nestjs/graphql'),
        ],
        pathNot: '^src/platform/graphql/(pagination|id-cursor|connection-authenticator)\\.ts$',
      },
    ),
    rule(
      'gateways-are-leaves',
      'Only app.module.ts binds gateways; everything else knows the port.',
      { path: '^(src/|ormconfig\\.ts)', pathNot: ['^src/gateways/', '^src/app\\.module\\.ts$', SPEC] },
      { path: '^src/gateways/' },
    ),
    rule(
      'gateways-know-the-port',
      'A gateway translates between the port and a provider; it knows no feature.',
      { path: '^src/gateways/' },
      { path: '^src/', pathNot: ['^src/gateways/', '^src/core/(gateway|values)/', '^src/platform/'] },
    ),
    rule(
      'gateways-keep-apart',
      'A gateway knows no other; what they share lies beside their folders.',
      { path: '^src/gateways/([^/]+)/' },
      { path: '^src/gateways/', pathNot: ['^src/gateways/$1/', '^src/gateways/[^/]+\\.ts$'] },
    ),
    rule(
      'platform-no-feature',
      'Plumbing knows no feature.',
      { path: '^src/platform/' },
      { path: '^(src|ormconfig)', pathNot: ['^src/platform/', '^src/core/'] },
    ),
    rule(
      'program-without-tests',
      'The program runs without its tests.',
      { path: '^(src/|ormconfig\\.ts)', pathNot: SPEC },
      { path: ['^test/', SPEC] },
    ),
    rule('e2e-from-outside', 'An end-to-end test sees what a client sees.', { path: '^test/e2e/' }, { path: '^src/' }),
    rule('no-cycles', 'What imports each other is one thing.', {}, { circular: true }),
    rule(
      'imports-exist',
      'An import that cannot be found is checked by none of the rules.',
      {},
      { couldNotResolve: true },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Sees `import type` as well.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
