import { changing as mutating, replacing, type SqlMutant } from './mutated-database.js';
import { bringing, choosing, mending } from './scenario-lanes.js';
import type { Scenario } from './world.js';

/** What lanes are opened and closed by. */
export const LANE_SCENARIOS = {
  choosing,
  bringing,
  mending,
} as const satisfies Readonly<Record<string, Scenario>>;

/** The wish to wake a lane, looked at before the lock instead of after it. */
const lookingFirst = (statement: string, condition: string): SqlMutant =>
  mutating(statement, 'the wait for a claim that closes the lane', (text) =>
    text
      .replace(/\s+ORDER BY (l\.)?channel_id FOR NO KEY UPDATE( OF l)?/, '')
      .replace(/(UPDATE channel_lanes(?: l)? SET open_at = [\s\S]*?channel_id = [\w.$]+)/, `$1 AND ${condition}`),
  );

const NOT_LATE = '(expires_at IS NULL OR expires_at > $4::timestamptz)';
const IN_WINDOW = '(slot_until IS NULL OR slot_until > $4::timestamptz)';

export const LANE_MUTANTS: Readonly<Record<keyof typeof LANE_SCENARIOS, readonly SqlMutant[]>> = {
  choosing: [
    mutating('dispatch-candidates', 'the time of a delivery', (text) =>
      text.replaceAll(
        /ready_at <= \$4::timestamptz \+ wanted\.lead_ms \* interval '1 ms'\s+AND \([^)]*\)/g,
        'ready_at IS NOT NULL',
      ),
    ),
    replacing('dispatch-candidates', 'the deadline', NOT_LATE, 'true'),
    replacing('dispatch-candidates', 'the window', IN_WINDOW, 'true'),
    replacing('dispatch-candidates', 'the most urgent first', 'x.priority DESC', 'x.priority'),
    replacing(
      'dispatch-candidates',
      'the order of the priorities',
      'generate_series(10, 0, -1)',
      'generate_series(0, 10)',
    ),
    replacing('dispatch-candidates', 'the lock of a delivery', 'FOR NO KEY UPDATE SKIP LOCKED', ''),
    replacing('dispatch-write-claim', 'what a contact has had', 'DO UPDATE SET tat_us = excluded.tat_us', 'DO NOTHING'),
    mutating('dispatch-write-claim', 'the contact that has had something', (text) =>
      text.replace(/ON CONFLICT \(channel_id, contact_id\) DO UPDATE SET tat_us = excluded\.tat_us/, ''),
    ),
    replacing('dispatch-write-lanes', 'what a lane has spent', 'tat_us = w.tat_us', 'tat_us = l.tat_us'),
    replacing('dispatch-write-lanes', 'what a day has had', 'sent_today = w.sent_today', 'sent_today = l.sent_today'),
    replacing('dispatch-write-lanes', 'what is in doubt', `q.state IN ('pending', 'uncertain')`, `q.state = 'pending'`),
    replacing('SET held_until_us', 'the longer pause', 'greatest(held_until_us, ', '('),
  ],
  bringing: [
    lookingFirst('dispatch-release', 'l.open_at > w.ready_at'),
    lookingFirst('dispatch-wait-again', 'l.open_at > w.ready_at'),
    lookingFirst('schedules-wake-lane', 'open_at > clock_timestamp()'),
    lookingFirst('schedules-unpark', 'l.open_at > f.ready_at'),
    lookingFirst('schedules-apply-settings', 'l.open_at > clock_timestamp()'),
    lookingFirst('requeue-wake-lanes', 'l.open_at > clock_timestamp()'),
    lookingFirst('least(l.open_at, q.ready_at -', 'l.open_at > q.ready_at'),
    lookingFirst('SET open_at = least(open_at, clock_timestamp()) WHERE', 'open_at > clock_timestamp()'),
  ],
  mending: [
    replacing('dispatch-heal-lanes', 'what is parked', `AND q.ready_at < 'infinity'`, ''),
    replacing('dispatch-heal-lanes', 'the paused channel', `AND c.status = 'ACTIVE'`, ''),
    replacing(
      'dispatch-heal-lanes',
      'what is late',
      'AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())',
      '',
    ),
    replacing(
      'dispatch-heal-lanes',
      'what has lost its window',
      'AND (q.slot_until IS NULL OR q.slot_until > clock_timestamp())',
      '',
    ),
    replacing('dispatch-orphans', 'the lease that another made', 'ON CONFLICT (token) DO NOTHING', ''),
  ],
};
