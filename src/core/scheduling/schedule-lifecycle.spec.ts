import { parseCron } from '../recurrence/cron-expression.js';
import { parseTimeZone } from '../recurrence/time-zone.js';
import {
  decideCancel,
  decidePause,
  decideResume,
  endOfRun,
  nextRunFrom,
  statusOfActive,
  type RunFacts,
} from './schedule-lifecycle.js';
import type { ScheduleStatus } from './schedule-words.js';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const HOUR = 3_600_000;
const zone = parseTimeZone('America/Cuiaba');
const hourly = parseCron('0 * * * *');
if (!zone.ok || !hourly.ok) throw new Error('broken test data');

const none = { hasFailed: false, hasUncertain: false, hasReached: false };

describe('the end of a run', () => {
  it.each([
    [none, 'COMPLETED'],
    [{ ...none, hasReached: true }, 'COMPLETED'],
    [{ ...none, hasReached: true, hasFailed: true }, 'COMPLETED_WITH_FAILURES'],
    [{ ...none, hasUncertain: true }, 'COMPLETED_WITH_FAILURES'],
  ] as const)('%o is %s', (outcomes, state) => {
    expect(endOfRun(outcomes)).toBe(state);
  });
});

describe('the status of a schedule', () => {
  const facts = { hasUnfinishedRun: false, hasNextRun: false, lastRun: none };

  it('is PROCESSING while a run is not finished, then PENDING while another one is to come', () => {
    expect(statusOfActive({ ...facts, hasUnfinishedRun: true, hasNextRun: true })).toBe('PROCESSING');
    expect(statusOfActive({ ...facts, hasNextRun: true })).toBe('PENDING');
  });

  it('is COMPLETED in the end, also when everybody was suppressed', () => {
    expect(statusOfActive(facts)).toBe('COMPLETED');
    expect(statusOfActive({ ...facts, lastRun: null })).toBe('COMPLETED');
  });

  it('is FAILED when deliveries failed and none may have arrived', () => {
    expect(statusOfActive({ ...facts, lastRun: { ...none, hasFailed: true } })).toBe('FAILED');
    expect(statusOfActive({ ...facts, lastRun: { ...none, hasFailed: true, hasReached: true } })).toBe('COMPLETED');
    expect(statusOfActive({ ...facts, lastRun: { ...none, hasFailed: true, hasUncertain: true } })).toBe('COMPLETED');
  });
});

describe('nextRunFrom', () => {
  const recurring: RunFacts = {
    expression: hourly.value,
    zone: zone.value,
    scheduledAt: null,
    maxRuns: null,
    runCount: 5,
  };
  const single: RunFacts = { ...recurring, expression: null, scheduledAt: NOW + HOUR, runCount: 0 };

  it('catches nothing up: the next occurrence is strictly ahead', () => {
    expect(nextRunFrom(recurring, NOW)).toBe(NOW + HOUR);
    expect(nextRunFrom(recurring, NOW - 1)).toBe(NOW);
  });

  it('is null when maxRuns is reached', () => {
    expect(nextRunFrom({ ...recurring, maxRuns: 5 }, NOW)).toBeNull();
    expect(nextRunFrom({ ...recurring, maxRuns: 6 }, NOW)).not.toBeNull();
  });

  it('is a single instant until it has passed or its run has begun', () => {
    expect(nextRunFrom(single, NOW)).toBe(NOW + HOUR);
    expect(nextRunFrom(single, NOW + HOUR)).toBeNull();
    expect(nextRunFrom({ ...single, runCount: 1 }, NOW)).toBeNull();
  });
});

describe('wishes to change the status', () => {
  const statuses: ScheduleStatus[] = ['PENDING', 'PROCESSING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELLED'];

  it('come to one answer for each status', () => {
    const table = Object.fromEntries(
      statuses.map((status) => [status, [decidePause(status), decideResume(status), decideCancel(status, false)]]),
    );
    expect(table).toEqual({
      PENDING: ['change', 'already', 'change'],
      PROCESSING: ['change', 'already', 'change'],
      PAUSED: ['already', 'change', 'change'],
      COMPLETED: ['tooLate', 'tooLate', 'tooLate'],
      FAILED: ['tooLate', 'tooLate', 'tooLate'],
      CANCELLED: ['tooLate', 'tooLate', 'already'],
    });
  });

  it('lets a person stop what was reopened after the schedule had ended', () => {
    expect([decideCancel('COMPLETED', true), decideCancel('FAILED', true)]).toEqual(['change', 'change']);
    expect(decideCancel('CANCELLED', true)).toBe('already');
  });
});
