import { replacing, type SqlMutant } from './mutated-database.js';
import { moving, planning } from './scenario-campaigns.js';
import type { Scenario } from './world.js';

/** What plans campaigns. */
export const CAMPAIGN_SCENARIOS = { planning, moving } as const satisfies Readonly<Record<string, Scenario>>;

const PENDING = `AND q.state = 'pending'`;
const VERSION = 'AND s.version = $3';
const ANY_VERSION = 'AND $3::int IS NOT NULL';
const RUNNING = `AND r.status = 'RUNNING'`;

export const CAMPAIGN_MUTANTS: Readonly<Record<keyof typeof CAMPAIGN_SCENARIOS, readonly SqlMutant[]>> = {
  planning: [
    replacing(
      'planning-lock',
      'one plan of a channel at a time',
      'pg_advisory_xact_lock(hashtextextended($1, 0))',
      'length($1)',
    ),
    replacing('replan-lock-run', 'the lock', 'FOR NO KEY UPDATE OF r SKIP LOCKED', ''),
    replacing('replan-hold', 'the lock', 'FOR NO KEY UPDATE SKIP LOCKED', ''),
    replacing('replan-hold-begun', 'the lock', 'FOR SHARE SKIP LOCKED', ''),
  ],
  moving: [
    replacing('campaigns-record-plan', 'the state of a run', `AND status = 'CREATED'`, ''),
    replacing('campaigns-await-beginning', 'the campaign that has begun', 'AND run_count = 0', ''),
    replacing('SET ready_at = p.slot_at', 'the state before a new instant', PENDING, ''),
    replacing('replan-put-off', 'the state', PENDING, ''),
    replacing('replan-record', 'the wish for a whole plan', 'needs_plan AND NOT $3', 'false AND NOT $3'),
    replacing('replan-record', 'the run that was planned', 'AND id = $2', 'AND $2::uuid IS NOT NULL'),
    replacing('replan-begins-at', 'the campaign that is paused', `AND s.status = 'PENDING'`, ''),
    replacing('replan-begins-at', 'the campaign that has begun', 'AND s.run_count = 0', ''),
    replacing('replan-lock-run', 'the run that is over', RUNNING, ''),
    replacing('replan-hold', 'the version', VERSION, ANY_VERSION),
    replacing('replan-hold-begun', 'the version', VERSION, ANY_VERSION),
  ],
};
