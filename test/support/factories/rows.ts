import { newId } from '../../../src/platform/database/ids.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import type { TenantScope } from '../../../src/platform/database/tenant-scope.js';

export type { TenantScope };

/*
 * Rows as the program would have written them, for tests that start in the middle. Each factory fills everything that is
 * not given and returns the id (or, for a tenant, the scope).
 */

let counter = 0;
const STARTED_AT = Date.now();

/** Rises with each call, for names and numbers that have to differ. */
export function ordinal(): number {
  counter += 1;
  return counter;
}

/** Stores a row; values are given by column. Objects and arrays of objects are stored as JSON. */
export async function insertRow(sql: Sql, table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`);
  await sql.execute(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')})`, Object.values(row));
}

export async function aTenant(
  sql: Sql,
  input: { readonly name?: string; readonly timeZone?: string } = {},
): Promise<TenantScope> {
  const id = newId();
  const row = {
    id,
    name: input.name ?? `Tenant ${ordinal()}`,
    time_zone: input.timeZone ?? 'America/Cuiaba',
    default_country: 'BR',
  };
  await insertRow(sql, 'tenants', row);
  return { tenantId: id, actor: 'tester' };
}

export async function aContact(
  sql: Sql,
  scope: TenantScope,
  input: {
    readonly name?: string;
    readonly phone?: string | null;
    readonly city?: string | null;
    readonly attributes?: Readonly<Record<string, unknown>>;
    readonly implicit?: boolean;
    readonly optedOut?: boolean;
    readonly nickname?: string;
    readonly timeZone?: string;
  } = {},
): Promise<string> {
  const id = newId();
  const n = ordinal();
  const name = input.name ?? `Contact ${n}`;
  const phone = input.phone === undefined ? `+55659${String(80_000_000 + n)}` : input.phone;
  const search = [name, input.nickname ?? '', phone?.replace(/\D/g, '') ?? ''].join('\n');
  await insertRow(sql, 'contacts', {
    tenant_id: scope.tenantId,
    id,
    name,
    phone,
    phone_key: phone,
    city: input.city ?? null,
    time_zone: input.timeZone ?? null,
    attributes: JSON.stringify(input.attributes ?? {}),
    search_text: search
      .normalize('NFD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase(),
    implicit: input.implicit ?? false,
    opted_out_at: input.optedOut === true ? new Date() : null,
  });
  if (input.nickname !== undefined) {
    const nickname = {
      tenant_id: scope.tenantId,
      id: newId(),
      contact_id: id,
      nickname: input.nickname,
      is_default: true,
    };
    await insertRow(sql, 'nicknames', nickname);
  }
  return id;
}

export async function aMessage(
  sql: Sql,
  scope: TenantScope,
  input: { readonly content?: string; readonly variations?: readonly string[]; readonly status?: string } = {},
): Promise<string> {
  const id = newId();
  const content = input.content ?? 'Olá {nome}';
  await insertRow(sql, 'messages', {
    tenant_id: scope.tenantId,
    id,
    title: `Message ${ordinal()}`,
    content,
    type: 'TEXT',
    status: input.status ?? 'ACTIVE',
    variations: input.variations ?? [],
    search_text: content.toLowerCase(),
    created_by: scope.actor,
  });
  return id;
}

export async function aChannel(
  sql: Sql,
  scope: TenantScope,
  input: {
    readonly status?: string;
    readonly gateway?: string;
    readonly settings?: unknown;
    readonly perMinute?: number;
  } = {},
): Promise<string> {
  const id = newId();
  await insertRow(sql, 'channels', {
    tenant_id: scope.tenantId,
    id,
    name: `Channel ${ordinal()}`,
    gateway: input.gateway ?? 'SIMULATOR',
    status: input.status ?? 'ACTIVE',
    settings: JSON.stringify(input.settings ?? {}),
    time_zone: 'America/Cuiaba',
    per_minute: input.perMinute ?? 60,
    burst: 10,
  });
  await insertRow(sql, 'channel_lanes', { tenant_id: scope.tenantId, channel_id: id });
  return id;
}

export interface ScheduleInput {
  readonly messageId?: string;
  readonly channelId?: string;
  readonly type?: 'IMMEDIATE' | 'FUTURE' | 'RECURRING' | 'CAMPAIGN';
  readonly campaign?: object;
  readonly scheduledAt?: Date;
  readonly nextRunAt?: Date;
  readonly runCount?: number;
  readonly status?: 'PENDING' | 'PROCESSING' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  readonly guarantee?: 'AT_MOST_ONCE' | 'AT_LEAST_ONCE';
  readonly expiresAfterSeconds?: number;
  readonly priority?: number;
  readonly clientMessageId?: string;
  readonly useNicknames?: boolean;
}

export async function aSchedule(sql: Sql, scope: TenantScope, input: ScheduleInput = {}): Promise<string> {
  const id = newId();
  await insertRow(sql, 'schedules', {
    tenant_id: scope.tenantId,
    id,
    name: `Schedule ${ordinal()}`,
    type: input.type ?? 'IMMEDIATE',
    status: input.status ?? 'PROCESSING',
    message_id: input.messageId ?? (await aMessage(sql, scope)),
    channel_id: input.channelId ?? (await aChannel(sql, scope)),
    time_zone: 'America/Cuiaba',
    misfire_policy: 'LATEST',
    priority: input.priority ?? 0,
    use_nicknames: input.useNicknames ?? true,
    respect_rate_limit: true,
    retry_policy: JSON.stringify({
      maxAttempts: 4,
      backoff: 'EXPONENTIAL',
      initialSeconds: 60,
      factor: 2,
      maxSeconds: 600,
      jitter: true,
    }),
    guarantee: input.guarantee ?? 'AT_MOST_ONCE',
    expires_after_seconds: input.expiresAfterSeconds ?? null,
    client_message_id: input.clientMessageId ?? null,
    campaign: input.campaign === undefined ? null : JSON.stringify(input.campaign),
    scheduled_at: input.scheduledAt ?? null,
    next_run_at: input.nextRunAt ?? null,
    run_count: input.runCount ?? 1,
    created_by: scope.actor,
  });
  return id;
}

export async function aRun(
  sql: Sql,
  scope: TenantScope,
  scheduleId: string,
  input: { readonly dueAt?: Date; readonly status?: string } = {},
): Promise<string> {
  const id = newId();
  await insertRow(sql, 'schedule_runs', {
    tenant_id: scope.tenantId,
    id,
    schedule_id: scheduleId,
    // No two runs of a schedule have one instant.
    due_at: input.dueAt ?? new Date(STARTED_AT - ordinal() * 1_000),
    status: input.status ?? 'RUNNING',
    started_at: new Date(),
  });
  return id;
}
