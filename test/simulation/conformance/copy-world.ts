import { randomOf } from '../../../src/core/planning/seeded-random.js';
import { FIXED_5_SECONDS } from '../../../src/core/retry/retry-policy.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { insertRow } from '../../support/factories/rows.js';
import { newId } from '../../../src/platform/database/ids.js';
import { TENANT, type ModelChannel, type ModelSchedule } from '../model/model-rows.js';
import type { ModelSide } from './model-side.js';

/** Two contacts, so that one part of the model holds a whole audience. */
const CONTACTS = 2;

/** The same beginning on both sides: a channel with limits, two contacts, and two schedules. */
export async function copyWorld(
  model: ModelSide,
  sql: Sql,
  entropy: number,
  nowMs: number,
): Promise<{ readonly scheduleIds: readonly string[]; readonly channelId: string }> {
  const random = randomOf(`copy:${entropy}`);
  await sql.execute('TRUNCATE tenants CASCADE');
  // Those that no reference to a tenant empties.
  await sql.execute(
    'TRUNCATE deliveries, dispatch_leases, contact_rates, delivery_queue, delivery_attempts, provider_events, gateway_messages',
  );
  await insertRow(sql, 'tenants', { id: TENANT, name: 'T', time_zone: 'America/Cuiaba', default_country: 'BR' });
  const contactIds = Array.from({ length: CONTACTS }, () => newId());
  for (const [index, id] of contactIds.entries()) {
    const phone = `+556598123456${index}`;
    await insertRow(sql, 'contacts', {
      tenant_id: TENANT,
      id,
      name: 'Maria',
      phone,
      phone_key: phone,
      search_text: '',
    });
  }
  const messageId = newId();
  const text = { title: 'M', content: 'Olá', type: 'TEXT', status: 'ACTIVE', search_text: '', created_by: 'tester' };
  await insertRow(sql, 'messages', { tenant_id: TENANT, id: messageId, ...text });
  const channelId = newId();
  const limits = {
    perMinute: [60, 600][random.below(2)] as number,
    burst: [1, 3][random.below(2)] as number,
    perContactPerMinute: [null, 6][random.below(2)] as number | null,
    perDay: [null, 3][random.below(2)] as number | null,
    minSpacingSeconds: [0, 2][random.below(2)] as number,
  };
  await insertRow(sql, 'channels', {
    tenant_id: TENANT,
    id: channelId,
    name: 'C',
    gateway: 'SIMULATOR',
    status: 'ACTIVE',
    settings: '{}',
    time_zone: 'America/Cuiaba',
    per_minute: limits.perMinute,
    burst: limits.burst,
    per_contact_per_minute: limits.perContactPerMinute,
    per_day: limits.perDay,
    min_spacing_seconds: limits.minSpacingSeconds,
  });
  await insertRow(sql, 'channel_lanes', { tenant_id: TENANT, channel_id: channelId });
  const schedules = [0, 1].map((index) => scheduleRow(index, channelId, contactIds, nowMs, random.below(2) === 0));
  for (const row of schedules) {
    await insertRow(sql, 'schedules', {
      tenant_id: TENANT,
      id: row.id,
      name: 'S',
      type: row.type,
      status: row.status,
      message_id: messageId,
      channel_id: channelId,
      cron_expression: row.cronExpression,
      time_zone: row.timeZone,
      next_run_at: new Date((row.nextRunUs ?? 0) / 1_000),
      max_runs: row.maxRuns,
      misfire_policy: row.misfirePolicy,
      priority: row.priority,
      use_nicknames: false,
      respect_rate_limit: !row.express,
      retry_policy: JSON.stringify(row.retryPolicy),
      guarantee: row.guarantee.toUpperCase(),
      expires_after_seconds: row.expiresAfterUs === null ? null : row.expiresAfterUs / 1_000_000,
      created_by: 'tester',
    });
    for (const id of contactIds) {
      await insertRow(sql, 'schedule_target_contacts', { tenant_id: TENANT, schedule_id: row.id, contact_id: id });
    }
  }
  await writeModel(model, channelId, limits, contactIds, schedules);
  return { scheduleIds: schedules.map((row) => row.id), channelId };
}

async function writeModel(
  { store, tables }: ModelSide,
  channelId: string,
  limits: Pick<ModelChannel, 'perMinute' | 'burst' | 'perContactPerMinute' | 'perDay' | 'minSpacingSeconds'>,
  contactIds: readonly string[],
  schedules: readonly ModelSchedule[],
): Promise<void> {
  const tx = store.begin();
  await tx.statement(async (statement) => {
    for (const id of contactIds) await statement.insert(tables.contacts, id, { id, optedOut: false });
    const hours = { sendingFromMinute: null, sendingToMinute: null, sendingWeekdays: [1, 2, 3, 4, 5, 6, 7] };
    const channel = { id: channelId, version: 1, status: 'ACTIVE' as const, timeZone: 'America/Cuiaba', ...hours };
    await statement.insert(tables.channels, channelId, { ...channel, ...limits });
    const state = { tatUs: 0, lastTakenUs: 0, day: null, sentToday: 0 };
    await statement.insert(tables.lanes, channelId, { channelId, ...state, openUs: Infinity, heldUntilUs: 0 });
    for (const row of schedules) await statement.insert(tables.schedules, row.id, row);
  });
  tx.commit(true);
}

function scheduleRow(
  index: number,
  channelId: string,
  contactIds: readonly string[],
  nowMs: number,
  isExpiring: boolean,
): ModelSchedule {
  const isRecurring = index === 0;
  return {
    id: newId(),
    channelId,
    type: isRecurring ? 'RECURRING' : 'FUTURE',
    status: 'PENDING',
    statusReason: null,
    cronExpression: isRecurring ? '*/10 * * * * *' : null,
    scheduledUs: null,
    timeZone: 'America/Cuiaba',
    nextRunUs: (nowMs + index * 1_000) * 1_000,
    lastRunUs: null,
    startsUs: null,
    endsUs: null,
    maxRuns: isRecurring ? 3 : null,
    runCount: 0,
    misfirePolicy: 'LATEST',
    misfireGraceSeconds: null,
    guarantee: isRecurring ? 'at_least_once' : 'at_most_once',
    priority: index,
    express: false,
    retryPolicy: FIXED_5_SECONDS,
    expiresAfterUs: isExpiring ? 30_000_000 : null,
    contactIds,
    version: 1,
  };
}
