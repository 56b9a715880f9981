import type { CallOutcome } from '../../src/core/dispatch/decide-outcome.js';
import { FIXED_5_SECONDS, type RetryPolicy } from '../../src/core/retry/retry-policy.js';
import type { ChannelsService } from '../../src/modules/channels/index.js';
import type { Announcements } from '../../src/modules/dispatch/application/announcements.js';
import type { ChannelGateways } from '../../src/modules/dispatch/application/channel-gateways.js';
import { Intents } from '../../src/modules/dispatch/application/intents.js';
import { Outcomes, type CallResult } from '../../src/modules/dispatch/application/outcomes.js';
import { ReaperWriters } from '../../src/modules/dispatch/application/reaper-writers.js';
import { Reaper } from '../../src/modules/dispatch/application/reaper.js';
import { Releases } from '../../src/modules/dispatch/application/releases.js';
import type { IntendedDelivery, PreparedDelivery } from '../../src/modules/dispatch/dispatch-types.js';
import { LeasesRepository } from '../../src/modules/dispatch/persistence/leases.repository.js';
import { OutcomesRepository, type FinalOutcome } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { LanesRepository } from '../../src/modules/rate-limit/index.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { type Line } from '../support/workers.js';
import { type GuardWorld } from './world.js';

export const POLICY: RetryPolicy = { ...FIXED_5_SECONDS, maxAttempts: 20 };
export const nobody = new Proxy({}, { get: () => () => undefined }) as unknown as Announcements;

export const SENT = {
  status: 'sent',
  agoMs: 0,
  address: null,
  content: null,
  nicknameUsed: null,
  gatewayMessageId: 'x',
  gatewayResponse: null,
  remember: false,
} as const;
export const WAIT = {
  outcome: 'rejected',
  errorCode: 'X',
  errorMessage: null,
  state: 'pending',
  waitReason: 'retry',
  delayMs: 0,
  free: false,
} as const;
export const accepted: CallOutcome = { kind: 'accepted', gatewayMessageId: null };
export const again: CallOutcome = {
  kind: 'rejected',
  class: 'transient',
  code: 'T',
  detail: 'Later.',
  scope: 'message',
};
export const noChannels = { openCircuit: () => Promise.resolve(true) } as unknown as ChannelsService;
export const halves = { next: () => 0.5 };

export function finalOf(result: CallResult): FinalOutcome {
  const { tenantId, deliveryId, token, attempt, durationMs, variation } = result;
  return {
    tenantId,
    deliveryId,
    token,
    attempt,
    durationMs,
    variation,
    ...SENT,
    outcome: 'accepted',
    errorCode: null,
    errorMessage: null,
  };
}

export function held({ tenantId, deliveryId, token }: PreparedDelivery) {
  return { tenantId, deliveryId, token };
}

export function resultOf(delivery: IntendedDelivery, outcome: CallOutcome): CallResult {
  const { tenantId, deliveryId, scheduleId, runId, channelId, contactId, token } = delivery;
  const { attempt, attemptsBefore, guarantee, doubted, retryPolicy } = delivery;
  const ids = { tenantId, deliveryId, scheduleId, runId, channelId, contactId, token };
  const facts = { attempt, attemptsBefore, guarantee, doubted, retryPolicy };
  const nothing = { text: null, to: null, variation: null, nicknameUsed: null };
  const gateway = { idempotentGateway: false, settleMs: 0, rememberGatewayId: false };
  return { ...ids, ...facts, ...gateway, ...nothing, outcome, durationMs: 1, knownAtMs: null };
}

export async function tooLate(
  { database }: GuardWorld,
  intents: Intents,
  releases: Releases,
  delivery: PreparedDelivery,
  workerId: string,
  violations: string[],
): Promise<void> {
  const { intended } = await intents.commit([delivery], workerId, 60_000);
  if (intended.length > 0) violations.push(`an intent of ${delivery.deliveryId} under a lease that was over`);
  await releases.write(database, [
    { ...held(delivery), channelId: delivery.channelId, release: { ...held(delivery), delay: null } },
  ]);
}

export async function stateOf(
  { admin }: GuardWorld,
  id: string,
): Promise<{ state: string; token: number } | undefined> {
  const rows = await admin.query<{ state: string; token: string }>(
    'SELECT state, lease_token AS token FROM delivery_queue WHERE delivery_id = $1',
    [id],
  );
  return rows[0] && { state: rows[0].state, token: Number(rows[0].token) };
}

export async function expireLeases({ admin }: GuardWorld, held: readonly PreparedDelivery[]): Promise<void> {
  await admin.execute(
    `UPDATE dispatch_leases SET lease_until = clock_timestamp() - interval '1 second' WHERE token = ANY ($1::bigint[])`,
    [held.map((delivery) => delivery.token)],
  );
}

export function reaperOn({ database }: GuardWorld): Reaper {
  const outcomes = new OutcomesRepository();
  const gateways = { ensure: () => Promise.resolve(), get: () => undefined } as unknown as ChannelGateways;
  const writers = new ReaperWriters(
    new Outcomes(outcomes, new LanesRepository(), noChannels, nobody, halves),
    new Releases(outcomes, new LeasesRepository(), nobody),
    gateways,
  );
  return new Reaper(database, new LeasesRepository(), writers, new SystemClock(), Logger.create('silent'));
}

/** What the tables must say whatever happened. */
export async function disagreements({ admin }: Pick<GuardWorld, 'admin'>, lines: readonly Line[]): Promise<string[]> {
  const found: string[] = [];
  const count = async (what: string, where: string): Promise<void> => {
    const rows = await admin.query<{ count: number }>(`SELECT count(*)::int AS count ${where}`, [
      lines.map((line) => line.channelId),
    ]);
    if ((rows[0]?.count ?? 0) > 0) found.push(`${rows[0]?.count} ${what}`);
  };
  await count(
    'log rows are final and in the queue',
    `FROM deliveries d JOIN delivery_queue q ON q.delivery_id = d.id WHERE d.channel_id = ANY ($1) AND d.status NOT IN ('pending', 'uncertain')`,
  );
  await count(
    'log rows wait and are not in the queue',
    `FROM deliveries d LEFT JOIN delivery_queue q ON q.delivery_id = d.id WHERE d.channel_id = ANY ($1) AND d.status = 'pending' AND q.delivery_id IS NULL`,
  );
  await count(
    'deliveries at the gateway have no open attempt',
    `FROM delivery_queue q WHERE q.channel_id = ANY ($1) AND q.state = 'sending' AND NOT EXISTS (
       SELECT FROM delivery_attempts a WHERE a.delivery_id = q.delivery_id AND a.number = q.attempt AND a.finished_at IS NULL)`,
  );
  await count(
    'open attempts belong to no call',
    `FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id
      WHERE d.channel_id = ANY ($1) AND a.finished_at IS NULL AND NOT EXISTS (
        SELECT FROM delivery_queue q WHERE q.delivery_id = a.delivery_id AND q.state = 'sending' AND q.attempt = a.number)`,
  );
  await count(
    'lanes sleep although something waits in them',
    `FROM channel_lanes l WHERE l.channel_id = ANY ($1) AND l.open_at = 'infinity' AND EXISTS (
       SELECT FROM delivery_queue q WHERE q.channel_id = l.channel_id AND q.state IN ('pending', 'uncertain') AND q.ready_at < 'infinity')`,
  );
  return found;
}
