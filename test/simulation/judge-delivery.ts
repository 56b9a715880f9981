import { channelOf, type EndedWorld } from './ended-world.js';
import type { LedgerEffect } from './model/model-gateway.js';
import { attemptKey, type ModelAttempt, type ModelDelivery, type ModelSchedule } from './model/model-rows.js';

const REACHED: readonly string[] = ['sent', 'delivered', 'read'];

/** A receipt gets this long after the longest call before an AT_LEAST_ONCE delivery in doubt is sent again. */
const RECEIPTS_US = 15_000_000;

/** Everything that is wrong with a delivery, its attempts and what reached its person. */
export function judgeDelivery(world: EndedWorld, row: ModelDelivery, effects: readonly LedgerEffect[]): string[] {
  const { tables } = world;
  const made = tables.queue.committedAt(row.id)?.attempt ?? row.attempt;
  const attempts = Array.from({ length: made }, (_, index) =>
    tables.attempts.committedAt(attemptKey(row.id, index + 1)),
  ).filter((attempt): attempt is ModelAttempt => attempt !== null);
  const found = [
    ...judgeEffects(world, row, effects, attempts),
    ...judgeDoubts(world, row, attempts),
    ...judgeStatus(world, row, effects),
    ...judgeInstants(row, attempts),
  ];
  if (row.status === 'pending' && !tables.queue.committedAt(row.id))
    found.push(`I12: ${row.id} is pending and not in the queue`);
  const open = attempts.filter((attempt) => attempt.finishedUs === null);
  if (world.isAtRest && open.length > 0) found.push(`I14: attempt ${row.id}#${open[0]?.number} never ended`);
  if (attempts.length !== made) found.push(`I8: ${row.id} counts ${made} attempts and has ${attempts.length}`);
  return found;
}

/** I20: nothing is called before it is due, by the database's clock. */
function judgeInstants({ id, dueUs }: ModelDelivery, attempts: readonly ModelAttempt[]): string[] {
  const early = attempts.filter((attempt) => attempt.startedUs < dueUs);
  return early.map(({ number, startedUs }) => `I20: ${id}#${number} began ${dueUs - startedUs} µs before it was due`);
}

/** I9, I10: who gets it twice does so after a doubt, or because a person said so. */
function judgeEffects(
  world: EndedWorld,
  row: ModelDelivery,
  effects: readonly LedgerEffect[],
  attempts: readonly ModelAttempt[],
): string[] {
  const found: string[] = [];
  const schedule = world.tables.schedules.committedAt(row.scheduleId) as ModelSchedule;
  const allowed = 1 + (world.resent.get(row.id) ?? 0);
  if (schedule.guarantee === 'at_most_once' && effects.length > allowed) {
    found.push(`I9: ${row.id} reached its person ${effects.length} times`);
  }
  if (world.resent.has(row.id)) return found;
  // By attempt: a provider may be so late that an earlier attempt has its effect after a later one.
  for (const effect of [...effects].sort((a, b) => a.attempt - b.attempt).slice(1)) {
    const begunUs = attempts.find(({ number }) => number === effect.attempt)?.startedUs ?? -Infinity;
    const isExplained = attempts.some(
      (attempt) => isDoubted(attempt) && attempt.number < effect.attempt && (attempt.finishedUs ?? Infinity) <= begunUs,
    );
    if (!isExplained) found.push(`I10: nothing explains effect ${row.id}#${effect.attempt}`);
  }
  return found;
}

/** I10: after a doubt a receipt has had its time, unless the provider itself knows a repetition. */
function judgeDoubts(world: EndedWorld, row: ModelDelivery, attempts: readonly ModelAttempt[]): string[] {
  const { idempotent, timeoutMs } = channelOf(world, row.channelId);
  if (idempotent || world.resent.has(row.id)) return [];
  return attempts.flatMap((attempt) => {
    const next = attempts.find(({ number }) => number === attempt.number + 1);
    if (!next || !isDoubted(attempt) || attempt.finishedUs === null) return [];
    const waitedUs = next.startedUs - attempt.finishedUs;
    if (waitedUs >= timeoutMs * 1_000 + RECEIPTS_US) return [];
    return [`I10: ${row.id}#${next.number} began ${waitedUs} µs after a doubt, before a receipt could have settled it`];
  });
}

/** I11, I21: the status is what became of it, as far as anybody can know. */
function judgeStatus(world: EndedWorld, row: ModelDelivery, effects: readonly LedgerEffect[]): string[] {
  const { tables, provider, resent, marked } = world;
  const { id, status } = row;
  const found: string[] = [];
  if (REACHED.includes(status) && effects.length === 0 && !marked.has(id)) {
    found.push(`I11: ${id} is ${status} and never reached its person`);
  }
  const { echoesDeliveryId } = channelOf(world, row.channelId);
  // Of a provider that does not echo our reference only the messages whose ids it told us can be recognised.
  const reported = (provider.reported.get(id) ?? [])
    .filter(
      (event) => echoesDeliveryId || tables.gatewayMessages.committedAt(`${row.channelId}/${event.gatewayMessageId}`),
    )
    .map(({ kind }) => kind);
  const saysNobody = status === 'expired' || (status === 'failed' && !reported.includes('FAILED'));
  if (saysNobody && effects.length > 0 && !resent.has(id)) found.push(`I11: ${id} is ${status} and reached its person`);
  const isPersons = resent.has(id) || ['cancelled', 'expired', 'suppressed'].includes(status);
  if (reported.includes('READ') && status !== 'read' && !isPersons) found.push(`I21: ${id} was read and is ${status}`);
  if (reported.includes('DELIVERED') && !['delivered', 'read'].includes(status) && !isPersons) {
    found.push(`I21: ${id} was delivered and is ${status}`);
  }
  return found;
}

function isDoubted({ outcome }: ModelAttempt): boolean {
  return outcome === 'uncertain' || outcome === 'lease_expired';
}
