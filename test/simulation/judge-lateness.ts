import { channelOf, type EndedWorld } from './ended-world.js';
import { attemptKey } from './model/model-rows.js';
import { isCalm } from './scenario.js';

/** Whatever timers and notifications miss is found by the next poll. */
const POLL_US = 5_000_000;

/** What is looked for is found in some round trips, some of which take long. */
const WORK_US = 1_000_000;

/** I17: in a calm world nothing comes later than by a poll, however many notifications get lost. */
export function judgeLateness(world: EndedWorld): string[] {
  if (!isCalm(world.scenario)) return [];
  const late = [...lateRuns(world), ...latePrompt(world)];
  return late
    .filter(({ byUs }) => byUs > POLL_US + WORK_US)
    .map(({ what, byUs }) => `I17: ${what} came ${byUs} µs late`);
}

/** Runs wait for nothing but for somebody to look. */
function lateRuns({ tables, runsMadeUs }: EndedWorld): { what: string; byUs: number }[] {
  return tables.runs.committed().flatMap(({ id, dueUs }) => {
    const madeUs = runsMadeUs.get(id);
    return madeUs === undefined ? [] : [{ what: `run ${id}`, byUs: madeUs - dueUs }];
  });
}

/** First calls where nothing has to be waited for: no limit, no full gateway, nobody who pauses. */
function latePrompt(world: EndedWorld): { what: string; byUs: number }[] {
  const { tables, scenario } = world;
  if (scenario.acts.length > 0) return [];
  return tables.deliveries.committed().flatMap(({ id, channelId, dueUs }) => {
    const { perMinute, burst, perContactPerMinute, perDay, minSpacingSeconds, ...habits } = channelOf(world, channelId);
    const isFree = perMinute >= 6_000 && burst >= 100 && perContactPerMinute === null && perDay === null;
    const isQuick = habits.concurrency >= 10 && habits.answerMs <= 250 && habits.doubtful + habits.refused === 0;
    const first = tables.attempts.committedAt(attemptKey(id, 1));
    if (!isFree || !isQuick || minSpacingSeconds > 0 || !first) return [];
    return [{ what: `the first call of ${id}`, byUs: first.startedUs - dueUs }];
  });
}
