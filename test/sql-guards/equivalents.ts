import { changing, replacing, type SqlMutant } from './mutated-database.js';
import type { ScenarioName } from './mutants.js';

/** A guard that can be left out without anything to be seen, because another stands before or behind it. */
export interface Equivalent {
  readonly mutant: SqlMutant;
  /** Where it would be seen if it were needed. */
  readonly scenarios: readonly ScenarioName[];
  /** Which guard does the same. */
  readonly because: string;
}

const LOCK = 'FOR UPDATE SKIP LOCKED';

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    mutant: replacing('dispatch-abandoned', 'the lock of a delivery', 'FOR UPDATE OF q', ''),
    scenarios: ['living', 'leasing'],
    because: 'The writes that follow are guarded by state and token.',
  },
  {
    mutant: replacing('dispatch-abandoned', 'the state', `AND q.state IN ('claimed', 'sending')`, ''),
    scenarios: ['living', 'stale'],
    because: 'Whatever gives a delivery back sets its token to 0, which no lease has.',
  },
  {
    mutant: replacing('dispatch-write-claim', 'the state', `AND q.state IN ('pending', 'uncertain')`, ''),
    scenarios: ['claiming', 'choosing'],
    because: 'The rows are locked since they were chosen, in the same transaction.',
  },
  {
    mutant: changing('dispatch-extend-leases', 'the lock', (text) =>
      text.replace(/\n*FOR NO KEY UPDATE|FOR NO KEY UPDATE/, ''),
    ),
    scenarios: ['living', 'leasing'],
    because: 'The update locks the same rows; the lock before it is for their order.',
  },
  {
    mutant: replacing('dispatch-expire', 'the lock', LOCK, ''),
    scenarios: ['expiring', 'doubting'],
    because: 'The delete looks at state and deadline again.',
  },
  {
    mutant: replacing('dispatch-expire', 'the doubt of what waits in doubt', `q.state = 'uncertain' OR `, ''),
    scenarios: ['doubting'],
    because: 'What waits in doubt has an attempt that says so.',
  },
  {
    mutant: changing('dispatch-orphans', 'the lease that is there', (text) =>
      text.replace(/AND NOT EXISTS \(SELECT FROM dispatch_leases[^)]*\)/, ''),
    ),
    scenarios: ['mending'],
    because: 'The key of the leases refuses a second one.',
  },
  {
    mutant: replacing('requeue-lock-runs', 'the lock of the runs', 'FOR NO KEY UPDATE', ''),
    scenarios: ['requeueing'],
    because: 'Whoever ends a run locks its schedule first, and that lock is held.',
  },
  {
    mutant: replacing('receipts-write', 'the delivery that leaves the queue', 'i.leaves_queue AND ', ''),
    scenarios: ['receipts'],
    because: 'A delivery that does not leave the queue is not in it, and the lock of its log keeps it out.',
  },
  {
    mutant: replacing('runs-lock-to-finish', 'the lock of the runs', 'FOR NO KEY UPDATE', ''),
    scenarios: ['finishing', 'settling', 'requeueing'],
    because: 'Whoever opens a run again locks its schedule first, and that lock is held.',
  },
  {
    mutant: replacing('schedules-unpark', 'the state', `AND q.state = 'pending'`, ''),
    scenarios: ['parking', 'pausing'],
    because: 'Only what is pending is parked, and what is parked is not claimed.',
  },
  {
    mutant: replacing('runs-cancel-pending', 'the lock', LOCK, ''),
    scenarios: ['cancelling', 'stopping'],
    because: 'The delete looks at the state again; the lock keeps two cancels from waiting for each other.',
  },
  {
    mutant: replacing(
      'schedules-lock-early',
      'the latest of all zones',
      's.next_run_at <= (SELECT max(until) FROM unnest($2::timestamptz[]) AS u (until))',
      'true',
    ),
    scenarios: ['occurring'],
    because: 'Each zone has its own bound; this one is what the index needs.',
  },
];
