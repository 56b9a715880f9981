import { changing, replacing, type SqlMutant } from './mutated-database.js';
import { CAMPAIGN_MUTANTS, CAMPAIGN_SCENARIOS } from './mutants-campaigns.js';
import { HOLD_MUTANTS, HOLD_SCENARIOS } from './mutants-holds.js';
import { LANE_MUTANTS, LANE_SCENARIOS } from './mutants-lanes.js';
import { PEOPLE_MUTANTS, PEOPLE_SCENARIOS } from './mutants-people.js';
import { RUN_MUTANTS, RUN_SCENARIOS } from './mutants-runs.js';
import { claiming, expiring, living, waking } from './scenario-dispatch.js';
import { cancelling, finishing, firing, materialising, pausing } from './scenario-schedules.js';
import { overtaking, stale } from './scenario-stale.js';
import type { Scenario } from './world.js';

/** Every scenario by its name. */
export const SCENARIOS = {
  ...CAMPAIGN_SCENARIOS,
  ...HOLD_SCENARIOS,
  ...LANE_SCENARIOS,
  ...PEOPLE_SCENARIOS,
  ...RUN_SCENARIOS,
  claiming,
  living,
  stale,
  overtaking,
  waking,
  expiring,
  firing,
  materialising,
  finishing,
  pausing,
  cancelling,
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof SCENARIOS;

const TOKEN = 'AND q.lease_token = i.token';
const HELD_LOCK = ['FOR UPDATE) k)', ') k)'] as const;
const CLAIMED = `AND q.state = 'claimed'`;
const MOVED_ON = 'coalesce($3, audience_cursor)';
const NOT_MOVED = 'CASE WHEN $3::uuid IS NOT NULL THEN audience_cursor END';
const NOT_QUEUED = /AND NOT EXISTS \(SELECT FROM delivery_queue[^)]*\)/;

/** One guard less each, by the scenario that has to show it. */
export const MUTANTS: Readonly<Record<ScenarioName, readonly SqlMutant[]>> = {
  ...CAMPAIGN_MUTANTS,
  ...HOLD_MUTANTS,
  ...LANE_MUTANTS,
  ...PEOPLE_MUTANTS,
  ...RUN_MUTANTS,
  claiming: [replacing('dispatch-lock-lanes', 'the lock of a lane', 'FOR NO KEY UPDATE OF l SKIP LOCKED', '')],
  living: [],
  stale: [
    replacing('dispatch-intend', 'the token of an intent', TOKEN, ''),
    replacing('dispatch-intend', 'the state of an intent', CLAIMED, ''),
    replacing('dispatch-intend', 'the cancel before an intent', 'AND NOT q.cancel_requested', ''),
    replacing(
      'dispatch-intend',
      'the deadline before an intent',
      '(q.expires_at IS NULL OR q.expires_at > clock_timestamp())',
      'true',
    ),
    replacing('dispatch-extend-leases', 'the end of a lease', 'AND l.lease_until > clock_timestamp()', ''),
    replacing('dispatch-extend-leases', 'the holder of a lease', 'worker_id = $2', '$2::uuid IS NOT NULL'),
    replacing('dispatch-finish-sending', 'the token of an outcome', TOKEN, ''),
    replacing('dispatch-wait-again', 'the token of a retry', TOKEN, ''),
    replacing('dispatch-release', 'the token of a release', TOKEN, ''),
    replacing('dispatch-release', 'the state of a release', CLAIMED, ''),
    replacing('dispatch-finish-claimed', 'the token of an end without a call', TOKEN, ''),
    replacing('dispatch-finish-claimed', 'the state of an end without a call', CLAIMED, ''),
    replacing(
      'dispatch-finish-claimed',
      'the deadline of an expiry',
      `(i.status <> 'expired' OR q.expires_at <= clock_timestamp())`,
      'true',
    ),
    replacing(
      'dispatch-finish-claimed',
      'the wish before a cancel',
      `(i.status <> 'cancelled' OR q.cancel_requested OR i.error_code IS NOT NULL)`,
      'true',
    ),
    replacing('dispatch-settle-late', 'the doubt before a late answer', `q.state = 'uncertain' AND`, ''),
    replacing('dispatch-abandoned', 'the token in the reaper', 'q.lease_token = $3', '$3::bigint IS NOT NULL'),
  ],
  overtaking: [
    replacing('dispatch-intend', 'the lock of what is intended', ...HELD_LOCK),
    replacing('dispatch-finish-sending', 'the lock of what is recorded', ...HELD_LOCK),
    replacing('dispatch-wait-again', 'the lock of what is tried again', ...HELD_LOCK),
  ],
  waking: [
    replacing('dispatch-release', 'the lane that a release opens', 'least(l.open_at, w.ready_at - ', '(l.open_at + '),
    replacing('dispatch-wait-again', 'the lane that a retry opens', 'least(l.open_at, w.ready_at - ', '(l.open_at + '),
  ],
  expiring: [
    changing('dispatch-expire', 'the deadline', (text) =>
      text
        .replace('expires_at <= (SELECT clock_timestamp())', 'expires_at IS NOT NULL')
        .replace('coalesce(q.expires_at <= clock_timestamp(), false)', 'true'),
    ),
    replacing('dispatch-expire', 'the state', `state IN ('pending', 'uncertain')`, 'state IS NOT NULL'),
    changing('dispatch-expire', 'a LIMIT that is computed once', (text) =>
      text
        .replace(
          'WITH late AS MATERIALIZED (\n  SELECT * FROM',
          'WITH gone AS (\n  DELETE FROM delivery_queue q\n   WHERE q.delivery_id IN (SELECT delivery_id FROM',
        )
        .replace(/\),\ngone AS \(\n {2}DELETE FROM delivery_queue q USING late l\n.*\n.*\n/, ')\n'),
    ),
  ],
  firing: [
    replacing('schedules-advance', 'the count of runs', 's.run_count + a.created_runs', 's.run_count'),
    replacing('schedules-advance', 'the next instant', 'next_run_at = a.next_run_at', 'next_run_at = s.next_run_at'),
  ],
  materialising: [replacing('runs-record-part', 'the cursor that is moved on', MOVED_ON, NOT_MOVED)],
  finishing: [
    changing('runs-finish', 'the empty queue', (text) => text.replace(NOT_QUEUED, '')),
    replacing('runs-finish', 'the state', `AND r.status = 'RUNNING'`, ''),
  ],
  pausing: [
    replacing('dispatch-schedule-gates', 'the lock on the schedule of an intent', 'FOR SHARE', ''),
    replacing(
      'schedules-unpark',
      'the time that a resume gives back',
      'coalesce(q.parked_at, clock_timestamp())',
      'q.ready_at',
    ),
  ],
  cancelling: [
    replacing('runs-cancel-pending', 'the state', `q.state = 'pending'`, 'q.state IS NOT NULL'),
    changing('runs-mark-cancelled', 'the empty queue', (text) => text.replace(NOT_QUEUED, '')),
    replacing('runs-mark-cancelled', 'the cancelled schedule', `AND s.status = 'CANCELLED'`, ''),
  ],
};
