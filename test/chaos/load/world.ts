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
  readonly purpose: 'fast' | 'slow' | 'tight' | 'idempotent';
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

/** The call timeouts are short, so that doubts are over soon. */
const TIMEOUT_MS = 1_000;
const CONCURRENCY = 20;

const PURPOSES = [
  { purpose: 'fast', perMinute: 60_000, burst: 10_000, perContactPerMinute: 60_000, idempotent: false },
  { purpose: 'slow', perMinute: 900, burst: 20, perContactPerMinute: 900, idempotent: false },
  { purpose: 'tight', perMinute: 120, burst: 5, perContactPerMinute: 120, idempotent: false },
  { purpose: 'idempotent', perMinute: 60_000, burst: 10_000, perContactPerMinute: 60_000, idempotent: true },
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
  for (const { purpose, idempotent, ...rateLimit } of PURPOSES) {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const webhook = { url: `${gatewayUrl}/send`, timeoutMs: TIMEOUT_MS, concurrency: CONCURRENCY, idempotent, secret };
    const channelName = `${name} ${purpose}`;
    const { createChannel: made } = await client.get<{ createChannel: { id: string; webhookPath: string } }>(
      'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id webhookPath } }',
      { input: { name: channelName, webhook, rateLimit } },
    );
    const { perMinute, burst } = rateLimit;
    channels.push({ ...made, name: channelName, purpose, perMinute, burst, timeoutMs: TIMEOUT_MS, idempotent, secret });
  }
  return { name, client, channels, groups };
}
