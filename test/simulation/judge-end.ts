import { nextRunFrom } from '../../src/core/scheduling/schedule-lifecycle.js';
import { runFactsOf } from './model/model-facts-of.js';
import type { LedgerEffect, ModelProvider } from './model/model-gateway.js';
import {
  attemptKey,
  type ModelAttempt,
  type ModelDelivery,
  type ModelQueueRow,
  type ModelSchedule,
  type ModelTables,
} from './model/model-rows.js';
import { TROUBLE, type Scenario, type ScenarioChannel } from './scenario.js';

/** A world that has come to rest, or should have. */
export interface EndedWorld {
  readonly tables: ModelTables;
  readonly provider: ModelProvider;
  readonly isAtRest: boolean;
  readonly resent: ReadonlyMap<string, number>;
  readonly marked: ReadonlySet<string>;
  readonly scenario: Scenario;
  /** How long after its permit a call may begin. */
  readonly slackMs: number;
}

const REACHED: readonly string[] = ['sent', 'delivered', 'read'];

/** Everything that is wrong with a world when it is over. */
export function judgeEnd(world: EndedWorld): string[] {
  const effects = new Map<string, LedgerEffect[]>();
  for (const effect of world.provider.effects) {
    effects.set(effect.deliveryId, [...(effects.get(effect.deliveryId) ?? []), effect]);
  }
  return [
    ...(world.isAtRest ? [] : unrest(world)),
    ...world.tables.deliveries.committed().flatMap((row) => judgeDelivery(world, row, effects.get(row.id) ?? [])),
    ...judgeLeases(world),
    ...world.tables.schedules.committed().flatMap((row) => judgeSchedule(world, row)),
    ...[...world.tables.channels.cells.keys()].flatMap((id, index) => judgeRate(world, id, index)),
  ];
}

/** The channel's daily cap is used up, and the next date is hours away. */
export function waitsForTomorrow(tables: ModelTables, row: ModelQueueRow): boolean {
  const lane = tables.lanes.committedAt(row.channelId);
  const perDay = tables.channels.committedAt(row.channelId)?.perDay ?? null;
  const isWaiting = row.state === 'pending' || row.state === 'uncertain';
  return isWaiting && !row.express && perDay !== null && lane !== null && lane.sentToday >= perDay;
}

/** I12: nothing is lost, nothing is stuck. */
function unrest({ tables }: EndedWorld): string[] {
  const queued = tables.queue
    .committed()
    .map((row) => `I12: ${row.deliveryId} is still ${row.state} (${row.waitReason})`);
  const runs = tables.runs
    .committed()
    .filter((row) => row.status === 'CREATED' || row.status === 'RUNNING')
    .map((row) => `I12: run ${row.id} is still ${row.status}`);
  const schedules = tables.schedules
    .committed()
    .filter((row) => row.nextRunUs !== null)
    .map((row) => `I12: schedule ${row.id} is still to run`);
  const found = [...queued, ...runs, ...schedules];
  return found.length > 0 ? found.slice(0, 5) : ['I12: events are still waiting'];
}

function judgeDelivery(world: EndedWorld, row: ModelDelivery, effects: readonly LedgerEffect[]): string[] {
  const { tables, scenario, provider } = world;
  const found: string[] = [];
  const schedule = tables.schedules.committedAt(row.scheduleId) as ModelSchedule;
  const allowed = 1 + (world.resent.get(row.id) ?? 0);
  const made = tables.queue.committedAt(row.id)?.attempt ?? row.attempt;
  const attempts = Array.from({ length: made }, (_, index) =>
    tables.attempts.committedAt(attemptKey(row.id, index + 1)),
  ).filter((attempt): attempt is ModelAttempt => attempt !== null);
  const doubted = attempts.filter(({ outcome }) => outcome === 'uncertain' || outcome === 'lease_expired');
  if (schedule.guarantee === 'at_most_once' && effects.length > allowed) {
    found.push(`I9: ${row.id} reached its person ${effects.length} times`);
  }
  // By attempt: a provider may be so late that an earlier attempt has its effect after a later one.
  for (const effect of [...effects].sort((a, b) => a.attempt - b.attempt).slice(1)) {
    const isExplained = doubted.some((attempt) => attempt.number < effect.attempt);
    if (!isExplained && !world.resent.has(row.id))
      found.push(`I10: nothing explains effect ${row.id}#${effect.attempt}`);
  }
  if (REACHED.includes(row.status) && effects.length === 0 && !world.marked.has(row.id)) {
    found.push(`I11: ${row.id} is ${row.status} and never reached its person`);
  }
  const { echoesDeliveryId } = channelOf(world, row.channelId);
  // Of a provider that does not echo our reference only the messages whose ids it told us can be recognised.
  const reported = (provider.reported.get(row.id) ?? [])
    .filter(
      ({ gatewayMessageId: id }) => echoesDeliveryId || tables.gatewayMessages.committedAt(`${row.channelId}/${id}`),
    )
    .map(({ kind }) => kind);
  if (row.status === 'failed' && effects.length > 0 && !reported.includes('FAILED') && !world.resent.has(row.id)) {
    found.push(`I11: ${row.id} is failed and reached its person`);
  }
  const isPersons = world.resent.has(row.id) || ['cancelled', 'expired', 'suppressed'].includes(row.status);
  if (reported.includes('READ') && row.status !== 'read' && !isPersons) {
    found.push(`I21: ${row.id} was read and is ${row.status}`);
  }
  if (reported.includes('DELIVERED') && !['delivered', 'read'].includes(row.status) && !isPersons) {
    found.push(`I21: ${row.id} was delivered and is ${row.status}`);
  }
  if (row.status === 'pending' && !tables.queue.committedAt(row.id))
    found.push(`I12: ${row.id} is pending and not in the queue`);
  const open = attempts.filter((attempt) => attempt.finishedUs === null);
  if (world.isAtRest && open.length > 0) found.push(`I14: attempt ${row.id}#${open[0]?.number} never ended`);
  if (attempts.length !== made) found.push(`I8: ${row.id} counts ${made} attempts and has ${attempts.length}`);
  if (scenario.schedules.length === 0) found.push('a world without schedules proves nothing');
  return found;
}

/** Without trouble no lease is ever over before its work is done. */
function judgeLeases({ tables, scenario }: EndedWorld): string[] {
  const { acts, faults } = scenario;
  const isTroubled =
    faults.cutBefore + faults.loseReply + faults.slow > 0 || acts.some((act) => TROUBLE.includes(act.kind));
  if (isTroubled) return [];
  return tables.attempts
    .committed()
    .filter((attempt) => attempt.outcome === 'lease_expired')
    .map((attempt) => `I14: the lease of ${attempt.deliveryId}#${attempt.number} ran out under its worker`);
}

/** I2, I6, I7: every occurrence has its row, and every run its whole audience. */
function judgeSchedule(world: EndedWorld, schedule: ModelSchedule): string[] {
  const found: string[] = [];
  const runs = world.tables.runs.committed().filter((run) => run.scheduleId === schedule.id);
  const made = new Map<string, number>();
  for (const { runId } of world.tables.deliveries.committed()) made.set(runId, (made.get(runId) ?? 0) + 1);
  for (const run of runs) {
    const isWhole = run.status === 'COMPLETED' || run.status === 'COMPLETED_WITH_FAILURES' || run.status === 'RUNNING';
    const count = made.get(run.id) ?? 0;
    if (isWhole && count !== schedule.contactIds.length) {
      found.push(`I7: run ${run.id} has ${count} deliveries for ${schedule.contactIds.length} contacts`);
    }
    if (schedule.endsUs !== null && run.dueUs >= schedule.endsUs) found.push(`I6: run ${run.id} is after the end`);
    if (schedule.startsUs !== null && run.dueUs < schedule.startsUs)
      found.push(`I6: run ${run.id} is before the start`);
  }
  const created = runs.filter((run) => run.status !== 'MISSED' && run.status !== 'SKIPPED');
  if (created.length !== schedule.runCount) {
    found.push(`I6: ${schedule.id} counts ${schedule.runCount} runs and has ${created.length}`);
  }
  const wasPaused = world.scenario.acts.some((act) => act.kind === 'pause' || act.kind === 'cancel');
  if (wasPaused || schedule.cronExpression === null) return found;
  const lastUs = Math.max(0, ...runs.map((run) => run.missedUntilUs ?? run.dueUs));
  const facts = { ...runFactsOf(schedule), maxRuns: null };
  const fromMs = Date.parse(world.scenario.startsAt) - 1;
  for (let at = nextRunFrom(facts, fromMs); at !== null && at * 1_000 <= lastUs; at = nextRunFrom(facts, at)) {
    const us = at * 1_000;
    const rows = runs.filter((run) => run.dueUs <= us && us <= (run.missedUntilUs ?? run.dueUs));
    if (rows.length !== 1) found.push(`I2: ${schedule.id} has ${rows.length} rows for ${new Date(at).toISOString()}`);
  }
  const isOver = schedule.maxRuns !== null && schedule.runCount >= schedule.maxRuns;
  if (!isOver && world.isAtRest && nextRunFrom(facts, Math.max(fromMs, lastUs / 1_000)) !== null) {
    found.push(`I2: ${schedule.id} stopped before its last occurrence`);
  }
  return found;
}

/** I18: no window of calls holds more than burst and rate allow, a call beginning at most so long after its permit. */
function judgeRate(world: EndedWorld, channelId: string, index: number): string[] {
  const { perMinute, burst, perDay } = channelOf(world, channelId);
  const isExpress = (deliveryId: string): boolean => {
    const delivery = world.tables.deliveries.committedAt(deliveryId);
    return world.tables.schedules.committedAt(delivery?.scheduleId ?? '')?.express ?? false;
  };
  const times = world.provider.calls
    .filter((call) => call.channelId === channelId && !isExpress(call.deliveryId))
    .map((call) => call.atUs)
    .sort((a, b) => a - b);
  const intervalUs = 60_000_000 / perMinute;
  for (let first = 0; first < times.length; first += 1) {
    for (let last = first; last < times.length; last += 1) {
      const spanUs = (times[last] as number) - (times[first] as number) + world.slackMs * 1_000;
      const most = burst + Math.floor(spanUs / intervalUs);
      if (last - first + 1 > most)
        return [`I18: channel ${index} was called ${last - first + 1} times where ${most} may be`];
    }
  }
  // The days of the scenarios end hours later; a day has no burst.
  if (perDay !== null && times.length > perDay * 2)
    return [`I18: channel ${index} was called ${times.length} times in two days`];
  return [];
}

function channelOf({ tables, scenario }: EndedWorld, channelId: string): ScenarioChannel {
  const index = [...tables.channels.cells.keys()].indexOf(channelId);
  return scenario.channels[index] as ScenarioChannel;
}
