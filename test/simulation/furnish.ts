import { ALL_WEEKDAYS } from '../../src/core/openings/daily-window.js';
import { nextRunFrom } from '../../src/core/scheduling/schedule-lifecycle.js';
import { newId } from '../../src/platform/database/ids.js';
import { runFactsOf } from './model/model-facts-of.js';
import type { ModelSchedule, ModelTables } from './model/model-rows.js';
import type { ModelStore } from './model/model-store.js';
import type { Scenario, ScenarioSchedule } from './scenario.js';

/** Contacts of a world; each schedule goes to the first few of them. */
const CONTACTS = 8;

/** Writes what is there before a world begins; the ids in the order of the scenario. */
export function furnish(
  store: ModelStore,
  tables: ModelTables,
  scenario: Scenario,
): { readonly channelIds: readonly string[]; readonly scheduleIds: readonly string[] } {
  const tx = store.begin();
  const put = <Row extends object>(table: { cell(key: string): unknown }, key: string, row: Row): void => {
    tx.writes.set(table.cell(key) as never, { table: table as never, key, row });
  };
  put(tables.tokenBlocks, 'only', { reached: 0 });
  const contactIds = Array.from({ length: CONTACTS }, () => newId());
  for (const id of contactIds) put(tables.contacts, id, { id, optedOut: false });
  const channelIds = scenario.channels.map((settings) => {
    const id = newId();
    const { perMinute, burst, perContactPerMinute, perDay, minSpacingSeconds } = settings;
    const limits = { perMinute, burst, perContactPerMinute, perDay, minSpacingSeconds };
    const hours = { sendingFromMinute: null, sendingToMinute: null, sendingWeekdays: ALL_WEEKDAYS };
    put(tables.channels, id, { id, version: 1, status: 'ACTIVE', timeZone: scenario.timeZone, ...limits, ...hours });
    const state = { tatUs: 0, lastTakenUs: 0, day: null, sentToday: 0 };
    put(tables.lanes, id, { channelId: id, ...state, openUs: Infinity, heldUntilUs: 0 });
    return id;
  });
  const scheduleIds = scenario.schedules.map((settings) => {
    const channelId = channelIds[settings.channel % channelIds.length] as string;
    const row = scheduleRow(scenario, settings, channelId, contactIds.slice(0, settings.contacts));
    put(tables.schedules, row.id, row);
    return row.id;
  });
  tx.commit(true);
  return { channelIds, scheduleIds };
}

function scheduleRow(
  { startsAt, timeZone }: Scenario,
  settings: ScenarioSchedule,
  channelId: string,
  contactIds: readonly string[],
): ModelSchedule {
  const startMs = Date.parse(startsAt);
  const at = (ms: number): number => (startMs + ms) * 1_000;
  const isRecurring = settings.cron !== null;
  const row: ModelSchedule = {
    id: newId(),
    channelId,
    type: isRecurring ? 'RECURRING' : 'FUTURE',
    status: 'PENDING',
    statusReason: null,
    cronExpression: settings.cron,
    scheduledUs: isRecurring ? null : at(settings.startsInMs),
    timeZone,
    nextRunUs: null,
    lastRunUs: null,
    startsUs: isRecurring ? at(settings.startsInMs) : null,
    endsUs: isRecurring ? at(settings.endsInMs) : null,
    maxRuns: isRecurring ? settings.maxRuns : null,
    runCount: 0,
    misfirePolicy: settings.misfirePolicy,
    misfireGraceSeconds: settings.graceSeconds,
    guarantee: settings.atLeastOnce ? 'at_least_once' : 'at_most_once',
    priority: settings.priority,
    express: settings.express,
    retryPolicy: {
      maxAttempts: settings.maxAttempts,
      backoff: 'FIXED',
      initialSeconds: 2,
      factor: 2,
      maxSeconds: 2,
      jitter: true,
    },
    expiresAfterUs: settings.expiresAfterMs === null ? null : settings.expiresAfterMs * 1_000,
    contactIds,
    version: 1,
  };
  const next = nextRunFrom(runFactsOf(row), startMs - 1);
  return { ...row, nextRunUs: next === null ? null : next * 1_000, status: next === null ? 'COMPLETED' : 'PENDING' };
}
