import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { ormOptions } from '../../../ormconfig.js';
import { createTenant } from '../../../src/modules/tenants/index.js';
import type { AppConfig } from '../../../src/platform/config/app-config.js';
import { Database } from '../../../src/platform/database/database.js';
import { importAudience, type ApiClient } from '../../support/api-client.js';
import type { GatewayChannel } from '../gateway/gateway-setup.js';
import type { ChaosPlan } from '../plan.js';
import { PersistentClient } from './persistent-client.js';

/** A channel of the load. */
export interface WorldChannel extends GatewayChannel {
  readonly purpose: 'fast' | 'slow' | 'tight' | 'idempotent' | 'capped' | 'spaced';
  readonly perMinute: number;
  readonly burst: number;
}

/** A tenant with everything that its schedules need. */
export interface WorldTenant {
  readonly name: string;
  readonly client: PersistentClient;
  readonly channels: readonly WorldChannel[];
  readonly groups: readonly { readonly id: string; readonly size: number }[];
}

const CONCURRENCY = 20;

/** Long enough that a good part of it is left when a permit's life is taken away. */
const SPACING_SECONDS = 4;

const LIMITS = { perDay: null, minSpacingSeconds: 0, idempotent: false } as const;

const purposesOf = ({ load }: ChaosPlan) =>
  [
    { ...LIMITS, purpose: 'fast', perMinute: 60_000, burst: 10_000 },
    { ...LIMITS, purpose: 'slow', perMinute: 900, burst: 20 },
    { ...LIMITS, purpose: 'tight', perMinute: 120, burst: 5 },
    { ...LIMITS, purpose: 'idempotent', perMinute: 60_000, burst: 10_000, idempotent: true },
    { ...LIMITS, purpose: 'capped', perMinute: 600, burst: 10, perDay: load.perDay },
    { ...LIMITS, purpose: 'spaced', perMinute: 120, burst: 5, minSpacingSeconds: SPACING_SECONDS },
  ] as const;

/** A second tenant, because there is no API that makes one. */
export async function addTenant(url: string, name: string): Promise<string> {
  const dataSource = await new DataSource(ormOptions(url, 1)).initialize();
  try {
    const config = { defaultTimeZone: 'America/Cuiaba', defaultCountry: 'BR' } as AppConfig;
    return (await createTenant(new Database(dataSource), config, name)).adminKey;
  } finally {
    await dataSource.destroy();
  }
}

/** Contacts, groups and channels of a tenant, made before anything goes wrong. */
export async function furnish(
  plan: ChaosPlan,
  name: string,
  client: PersistentClient,
  gatewayUrl: string,
): Promise<WorldTenant> {
  const groups: { id: string; size: number }[] = [];
  const api: ApiClient = { data: (query, variables) => client.get(query, variables) };
  for (const size of plan.load.groupSizes)
    groups.push({ id: await importAudience(api, `grupo de ${size}`, size), size });
  const channels: WorldChannel[] = [];
  for (const { purpose, idempotent, ...rateLimit } of purposesOf(plan)) {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const webhook = {
      url: `${gatewayUrl}/send`,
      timeoutMs: plan.callTimeoutMs,
      concurrency: CONCURRENCY,
      idempotent,
      secret,
    };
    const input = { webhook, rateLimit: { ...rateLimit, perContactPerMinute: rateLimit.perMinute } };
    const channelName = `${name} ${purpose}`;
    const { createChannel: made } = await client.get<{ createChannel: { id: string; webhookPath: string } }>(
      'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id webhookPath } }',
      { input: { ...input, name: channelName } },
    );
    const { perMinute, burst } = rateLimit;
    channels.push({
      ...made,
      name: channelName,
      purpose,
      perMinute,
      burst,
      timeoutMs: plan.callTimeoutMs,
      idempotent,
      secret,
    });
  }
  return { name, client, channels, groups };
}
