import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(__dirname, '../..');
const COMMAND = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const PATIENCE_MS = 120_000;

interface Finding {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/** One import in a tree of its own and what is to be said about it. */
type Seed = readonly [from: string, to: string];

/** Each breaks exactly the rule that it stands under. */
const FORBIDDEN: Readonly<Record<string, readonly Seed[]>> = {
  'dag-tenants': [['src/modules/tenants/application/a.ts', 'src/modules/contacts/index.ts']],
  'dag-contacts': [['src/modules/contacts/application/a.ts', 'src/modules/channels/index.ts']],
  'dag-rate-limit': [['src/modules/rate-limit/application/a.ts', 'src/modules/tenants/index.ts']],
  'dag-messages': [['src/modules/messages/application/a.ts', 'src/modules/tenants/index.ts']],
  'dag-channels': [['src/modules/channels/application/a.ts', 'src/modules/messages/index.ts']],
  'dag-schedules': [['src/modules/schedules/application/a.ts', 'src/modules/delivery-logs/index.ts']],
  'dag-delivery-logs': [['src/modules/delivery-logs/application/a.ts', 'src/modules/rate-limit/index.ts']],
  'dag-dispatch': [['src/modules/dispatch/application/a.ts', 'src/modules/tenants/index.ts']],
  'dag-insights': [['src/modules/insights/application/a.ts', 'src/modules/audit/index.ts']],
  'dag-audit': [['src/modules/audit/application/a.ts', 'src/modules/insights/index.ts']],
  'dag-status-webhooks': [['src/modules/status-webhooks/application/a.ts', 'src/modules/audit/index.ts']],
  'dag-google-contacts': [['src/modules/google-contacts/application/a.ts', 'src/modules/audit/index.ts']],
  'modules-are-listed': [['src/modules/surprise/application/a.ts', 'src/core/values/time.ts']],
  'modules-meet-at-door': [
    ['src/modules/contacts/application/b.ts', 'src/modules/tenants/application/service.ts'],
    ['src/modules/schedules/persistence/b.ts', 'src/modules/contacts/persistence/row.ts'],
  ],
  'root-uses-doors': [
    ['src/main.ts', 'src/modules/tenants/application/service.ts'],
    ['ormconfig.ts', 'src/modules/contacts/persistence/row.ts'],
  ],
  'entities-lists-rows': [['src/entities.ts', 'src/modules/tenants/application/service.ts']],
  'core-is-pure': [
    ['src/core/retry/builtin.ts', 'node:crypto'],
    ['src/core/retry/framework.ts', '@nestjs/common'],
    ['src/core/retry/orm.ts', 'typeorm'],
    ['src/core/retry/cron.ts', 'cron-parser'],
    ['src/core/retry/outside.ts', 'src/platform/database/database.ts'],
  ],
  'core-recurrence-is-pure': [['src/core/recurrence/builtin.ts', 'node:fs']],
  'core-is-tested-alone': [['src/core/retry/a.spec.ts', 'src/platform/database/database.ts']],
  'graphql-no-rows': [
    ['src/modules/tenants/graphql/row.ts', 'src/modules/tenants/persistence/row.ts'],
    ['src/modules/tenants/graphql/database.ts', 'src/platform/database/database.ts'],
    ['src/modules/tenants/graphql/orm.ts', 'typeorm'],
  ],
  'persistence-down': [
    ['src/modules/tenants/persistence/up.ts', 'src/modules/tenants/application/service.ts'],
    ['src/modules/tenants/persistence/wire.ts', 'src/modules/tenants/graphql/type.ts'],
  ],
  'application-no-wire': [
    ['src/modules/tenants/application/type.ts', 'src/modules/tenants/graphql/type.ts'],
    ['src/modules/tenants/application/orm.ts', 'typeorm'],
    ['src/modules/tenants/application/graphql.ts', 'graphql'],
    ['src/modules/tenants/application/nest-graphql.ts', '@nestjs/graphql'],
    ['src/modules/tenants/application/errors.ts', 'src/platform/graphql/errors.ts'],
  ],
  'gateways-are-leaves': [
    ['src/server.ts', 'src/gateways/webhook/webhook.gateway.ts'],
    ['src/modules/dispatch/dispatch.module.ts', 'src/gateways/webhook/webhook.gateway.ts'],
  ],
  'gateways-know-the-port': [
    ['src/gateways/webhook/feature.ts', 'src/modules/tenants/index.ts'],
    ['src/gateways/webhook/decision.ts', 'src/core/retry/decide-retry.ts'],
  ],
  'gateways-keep-apart': [['src/gateways/simulator/a.ts', 'src/gateways/webhook/webhook.gateway.ts']],
  'platform-no-feature': [
    ['src/platform/health/feature.ts', 'src/modules/tenants/index.ts'],
    ['src/platform/health/root.ts', 'src/root-part.ts'],
  ],
  'program-without-tests': [['src/platform/health/fake.ts', 'test/support/fake.ts']],
  'e2e-from-outside': [['test/e2e/inside.ts', 'src/root-part.ts']],
  'no-cycles': [['src/core/values/egg.ts', 'src/core/values/hen.ts']],
  'imports-exist': [['src/platform/health/typo.ts', 'src/platform/health/nowhere.ts']],
};

/** What none of the rules minds. */
const ALLOWED: readonly Seed[] = [
  // By itself, that is: the other half of the cycle above.
  ['src/core/values/hen.ts', 'src/core/values/egg.ts'],
  ['src/app.module.ts', 'src/modules/tenants/index.ts'],
  ['src/app.module.ts', 'src/gateways/webhook/webhook.gateway.ts'],
  ['src/modules/contacts/application/ok.ts', 'src/modules/tenants/index.ts'],
  ['src/modules/insights/application/ok.ts', 'src/modules/delivery-logs/index.ts'],
  ['src/modules/tenants/application/rows.ts', 'src/modules/tenants/persistence/row.ts'],
  ['src/modules/tenants/application/pages.ts', 'src/platform/graphql/pagination.ts'],
  ['src/modules/tenants/graphql/service.ts', 'src/modules/tenants/application/service.ts'],
  ['src/modules/tenants/graphql/scope.ts', 'src/platform/database/tenant-scope.ts'],
  ['src/modules/tenants/graphql/wire.ts', '@nestjs/graphql'],
  ['src/modules/tenants/persistence/orm.ts', 'typeorm'],
  ['src/core/recurrence/zone.ts', 'luxon'],
  ['src/core/recurrence/fields.ts', 'cron-parser'],
  ['src/gateways/webhook/shared.ts', 'src/gateways/http-client.ts'],
  ['src/gateways/webhook/port.ts', 'src/core/gateway/message-gateway.ts'],
  ['test/e2e/ok.ts', 'test/support/fake.ts'],
  ['test/integration/ok.ts', 'src/gateways/webhook/webhook.gateway.ts'],
];

const PACKAGES = ['typeorm', 'graphql', 'luxon', 'cron-parser', '@nestjs/common', '@nestjs/graphql'];

async function findings(folder: string, sources: readonly string[]): Promise<Finding[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [COMMAND, ...sources, '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json'],
    { cwd: folder, maxBuffer: 256 * 1024 * 1024 },
  );
  const { summary } = JSON.parse(stdout) as {
    summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] };
  };
  expect(summary.totalCruised).toBeGreaterThan(sources.length);
  return summary.violations.map(({ rule, from, to }) => {
    // A cycle is told once, from any of its files.
    const [first, second] = rule.name === 'no-cycles' ? ([from, to].sort() as [string, string]) : [from, to];
    return { rule: rule.name, from: first, to: second };
  });
}

/** A tree with every seed, half of them as `import type`, which only the types' compiler sees. */
async function plant(folder: string, seeds: readonly Seed[]): Promise<void> {
  const imports = new Map<string, string[]>();
  for (const [index, [from, to]] of seeds.entries()) {
    const isFile = to.endsWith('.ts');
    const target = isFile
      ? relative(dirname(from), to)
          .replace(/^(?!\.)/, './')
          .replace(/\.ts$/, '.js')
      : to;
    const keyword = index % 2 === 0 ? 'import type' : 'import';
    imports.set(from, [
      ...(imports.get(from) ?? []),
      `${keyword} { thing } from '${target}';\nexport type Used = typeof thing;\n`,
    ]);
    if (isFile && !imports.has(to) && !to.includes('nowhere')) imports.set(to, []);
  }
  for (const [file, lines] of imports) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), [...lines, 'export const thing = 1;\n'].join(''));
  }
  for (const name of PACKAGES) {
    const home = join(folder, 'node_modules', name);
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    await writeFile(join(home, 'index.js'), 'exports.thing = 1;\n');
  }
  await cp(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
}

describe('the import rules', () => {
  let folder: string;
  let found: Finding[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pontual-imports-'));
    await plant(folder, [...Object.values(FORBIDDEN).flat(), ...ALLOWED]);
    found = await findings(folder, ['src', 'test', 'ormconfig.ts']);
  }, PATIENCE_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are all seeded here', () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the configuration is CommonJS
    const { forbidden } = require(join(ROOT, '.dependency-cruiser.cjs')) as { forbidden: { name: string }[] };
    expect(Object.keys(FORBIDDEN).sort()).toEqual(forbidden.map(({ name }) => name).sort());
  });

  it.each(Object.entries(FORBIDDEN))('%s catches what breaks it', (rule, seeds) => {
    for (const [from] of seeds)
      expect(found.filter((finding) => finding.from === from).map((finding) => finding.rule)).toContain(rule);
  });

  it('find nothing but what breaks them', () => {
    const expected = Object.entries(FORBIDDEN).flatMap(([rule, seeds]) => seeds.map(([from]) => `${rule}: ${from}`));
    expect([...new Set(found.map(({ rule, from }) => `${rule}: ${from}`))].sort()).toEqual(expected.sort());
  });
});

describe('the program', () => {
  it(
    'keeps the import rules',
    async () => {
      expect(await findings(ROOT, ['src', 'test', 'ormconfig.ts'])).toEqual([]);
    },
    PATIENCE_MS,
  );
});
