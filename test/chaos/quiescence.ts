import { setTimeout as wait } from 'node:timers/promises';
import { rowsOf } from './database.js';
import type { Gateway, GatewayRest } from './gateway/gateway.js';
import type { Seat } from './tormentor.js';

const LOOK_MS = 200;

/** How long running servers get to work off what is ready before the clock is put forward again. */
const ROUND_MS = 4_000;

/** What is still to be done; nothing when everything has come to its end. */
export interface Rest {
  readonly queued: number;
  readonly runs: number;
  readonly schedules: number;
  readonly events: number;
  /** Status events that the gateway has and no server has stored. */
  readonly receipts: number;
  /** Effects and answers that the gateway has not got to. */
  readonly timers: number;
}

const REST = `
SELECT (SELECT count(*)::int FROM delivery_queue) AS queued,
       (SELECT count(*)::int FROM schedule_runs WHERE status IN ('CREATED', 'RUNNING')) AS runs,
       (SELECT count(*)::int FROM schedules WHERE next_run_at IS NOT NULL) AS schedules,
       (SELECT count(*)::int FROM provider_events WHERE applied_at IS NULL) AS events`;

/**
 * Leases belong to the dead now, and what waits for a retry, for the end of a doubt or for its deadline waits for nothing
 * but the clock. The limits stay: each lane knows by itself when it may go on.
 */
const WIND = `
WITH leases AS (UPDATE dispatch_leases SET lease_until = clock_timestamp() - interval '1 second'),
waiting AS (
  UPDATE delivery_queue
     SET ready_at = CASE WHEN ready_at = 'infinity' THEN ready_at ELSE least(ready_at, clock_timestamp()) END,
         expires_at = least(expires_at, clock_timestamp())
   WHERE ready_at > clock_timestamp() OR expires_at > clock_timestamp())
UPDATE channel_lanes SET open_at = clock_timestamp() WHERE held_until_us < extract(epoch FROM clock_timestamp()) * 1000000`;

export interface Quiet {
  readonly databaseUrl: string;
  readonly gateway: Gateway;
  readonly seats: readonly Seat[];
  /** Stops every server and notes what is wrong with how they end. */
  readonly stopServers: () => Promise<void>;
  readonly patienceMs: number;
  readonly winding: boolean;
  readonly signal: AbortSignal;
}

/** How a run ended. */
export interface Ending {
  /** What is left. */
  readonly rest: Rest;
  readonly windingsMs: readonly number[];
}

/** Waits until nothing is left to do, or patience ends. */
export async function untilQuiet(quiet: Quiet): Promise<Ending> {
  const windingsMs: number[] = [];
  const deadlineMs = performance.now() + quiet.patienceMs;
  let roundEndsMs = quiet.winding ? 0 : Infinity;
  for (;;) {
    const rest = await restOf(quiet);
    if (Object.values(rest).every((count) => count === 0) || performance.now() > deadlineMs)
      return { rest, windingsMs };
    if (performance.now() > roundEndsMs) {
      windingsMs.push(await windOn(quiet));
      roundEndsMs = performance.now() + ROUND_MS;
    }
    await wait(LOOK_MS, undefined, { signal: quiet.signal });
  }
}

async function restOf({ databaseUrl, gateway }: Quiet): Promise<Rest> {
  const [rest] = await rowsOf<Omit<Rest, keyof GatewayRest>>(databaseUrl, REST);
  if (!rest) throw new Error('the database did not answer');
  return { ...rest, ...(await gateway.pending()) };
}

/** Returns when it was. */
async function windOn({ databaseUrl, seats, stopServers }: Quiet): Promise<number> {
  await stopServers();
  const atMs = Date.now();
  await rowsOf(databaseUrl, WIND);
  // One is enough for what is left, and starts sooner alone.
  await seats[0]?.slot.start();
  return atMs;
}
