import { replacing, type SqlMutant } from './mutated-database.js';
import { occurring, settling, stopping, writing } from './scenario-runs.js';
import type { Scenario } from './world.js';

/** What makes runs and ends them. */
export const RUN_SCENARIOS = {
  occurring,
  writing,
  settling,
  stopping,
} as const satisfies Readonly<Record<string, Scenario>>;

const ONCE_A_CONTACT = 'ON CONFLICT (run_id, contact_id) DO NOTHING';

export const RUN_MUTANTS: Readonly<Record<keyof typeof RUN_SCENARIOS, readonly SqlMutant[]>> = {
  occurring: [
    replacing(
      'schedules-lock-due',
      'the time of a schedule',
      `next_run_at <= (SELECT clock_timestamp() + $1::float8 * interval '1 millisecond')`,
      'next_run_at IS NOT NULL AND $1::float8 IS NOT NULL',
    ),
    replacing('schedules-lock-due', 'the lock', 'FOR NO KEY UPDATE SKIP LOCKED', ''),
    replacing('schedules-lock-early', 'the lock', 'FOR NO KEY UPDATE OF s SKIP LOCKED', ''),
    replacing('schedules-lock-early', 'the zone in which it is time', 'AND s.next_run_at <= ahead.until', ''),
    {
      statement: 'schedules-lock-early',
      guard: 'the run that is under way',
      mutate: (text) => text.replace(/AND NOT EXISTS \([\s\S]*?'RUNNING'\)\)/, ''),
    },
    replacing(
      'schedules-insert-occurrences',
      'the occurrence that ran already',
      'ON CONFLICT (tenant_id, schedule_id, due_at) DO NOTHING',
      '',
    ),
    replacing('schedules-advance', 'the version', 'AND s.version = a.version', ''),
  ],
  writing: [
    replacing('runs-pick-to-materialise', 'the lock of a run', 'FOR NO KEY UPDATE OF r SKIP LOCKED', ''),
    replacing('runs-pick-to-materialise', 'the state of a run', `r.status = 'CREATED' AND `, ''),
    replacing('runs-pick-to-materialise', 'the cancelled schedule', `AND s.status <> 'CANCELLED'`, ''),
    replacing('runs-pick-to-materialise', 'the lock of the schedule', 'FOR SHARE OF s SKIP LOCKED', ''),
    replacing('INSERT INTO deliveries', 'the delivery that a contact has', ONCE_A_CONTACT, ''),
    replacing('runs-write-in-order', 'the delivery that a contact has', ONCE_A_CONTACT, ''),
    replacing(
      'runs-record-part',
      'the cursor',
      'AND audience_cursor IS NOT DISTINCT FROM $6',
      'AND $6::uuid IS NOT DISTINCT FROM $6',
    ),
    replacing('runs-record-part', 'the state', `AND status = 'CREATED'`, ''),
  ],
  settling: [
    replacing('schedules-lock-to-finish', 'the lock of a schedule', 'FOR NO KEY UPDATE SKIP LOCKED', ''),
    replacing('schedules-settle', 'the version', 'AND s.version = n.version', ''),
  ],
  stopping: [
    replacing('runs-release-uncertain', 'the state', `q.state = 'uncertain'`, 'q.state IS NOT NULL'),
    replacing('runs-ask-claimed-to-cancel', 'the state', `q.state = 'claimed'`, 'q.state IS NOT NULL'),
    replacing('runs-mark-cancelled', 'the state', `AND r.status IN ('CREATED', 'RUNNING')`, ''),
  ],
};
