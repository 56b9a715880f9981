import { changing as mutating, replacing, type SqlMutant } from './mutated-database.js';
import { answering, doubting, leasing, silencing } from './scenario-holds.js';
import type { Scenario } from './world.js';

/** What ends the hold of a worker, and what does not. */
export const HOLD_SCENARIOS = {
  answering,
  leasing,
  silencing,
  doubting,
} as const satisfies Readonly<Record<string, Scenario>>;

const SENDING = `AND q.state = 'sending'`;

export const HOLD_MUTANTS: Readonly<Record<keyof typeof HOLD_SCENARIOS, readonly SqlMutant[]>> = {
  answering: [
    replacing('dispatch-finish-sending', 'the state of what is sent', SENDING, ''),
    replacing('dispatch-wait-again', 'the state of what is tried again', SENDING, ''),
    replacing('dispatch-finish-sending', 'the token of an attempt', 'AND a.lease_token = i.token', ''),
    mutating('dispatch-finish-sending', 'the end of an attempt', (text) =>
      text.replace(/AND a\.finished_at IS NULL/, '').replace('AND a.lease_token = i.token', ''),
    ),
    replacing('dispatch-finish-sending', 'the id that is known already', 'ON CONFLICT DO NOTHING', ''),
    replacing('dispatch-settle-late', 'the attempt in the queue', 'AND q.attempt = i.attempt', ''),
    replacing('dispatch-settle-late', 'the doubt in the log', `AND d.status = 'uncertain'`, ''),
    replacing('dispatch-settle-late', 'the attempt in the log', 'd.attempt = i.attempt AND ', ''),
    mutating('dispatch-settle-late', 'what waits for another call', (text) =>
      text.replace(/ AND NOT EXISTS \([\s\S]*?i\.delivery_id\)\)\)/, '))'),
    ),
  ],
  leasing: [
    replacing('dispatch-lock-expired-leases', 'the end of a lease', 'lease_until < clock_timestamp()', 'true'),
    replacing('dispatch-lock-expired-leases', 'the lock of a lease', 'FOR UPDATE SKIP LOCKED', ''),
    replacing('dispatch-intents-begun', 'the token', 'AND q.lease_token = i.token', ''),
    replacing('dispatch-intents-begun', 'the wait for the first try', 'FOR NO KEY UPDATE OF q', ''),
    replacing(
      'dispatch-remove-leases',
      'the lease that is over',
      'token = ANY ($1::bigint[])',
      '$1::bigint[] IS NOT NULL',
    ),
    mutating('dispatch-take-token-block', 'the sequence', (text) =>
      text.replace(/nextval\('dispatch_tokens'\)/, '1::bigint'),
    ),
  ],
  silencing: [replacing('dispatch-channel-gates', 'the lock on the channel of an intent', 'FOR SHARE', '')],
  doubting: [
    mutating('dispatch-expire', 'the doubt of an earlier attempt', (text) =>
      text.replace(/OR \(q\.attempt > 0 AND EXISTS \([\s\S]*?\)\)\) AS doubted/, 'AS doubted'),
    ),
  ],
};
