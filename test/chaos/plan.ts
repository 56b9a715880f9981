import type { FaultKind } from './fault.js';

/** Everything that is decided before a run begins; with the seed it says what happens when. */
export interface ChaosPlan {
  readonly seed: string;
  /** How long there are faults; new work ends a little earlier. */
  readonly durationMs: number;
  readonly servers: readonly ServerPlan[];
  readonly load: LoadScale;
  /** From the beginning of the load to the first fault. */
  readonly quietMs: number;
  /** Milliseconds between two faults on average. */
  readonly faultEveryMs: number;
  /** Only these, where not everything is to go wrong. */
  readonly faultKinds: readonly FaultKind[] | null;
  /** Faults that last, except the longest, last up to this. */
  readonly briefMs: number;
  /** How long a process is stopped that is to outlast its leases; null: none is. */
  readonly longStopMs: number | null;
  /** How long the gateway takes for an ordinary answer. */
  readonly gatewayPace: { readonly fromMs: number; readonly toMs: number };
  /** The longest that a call may take. */
  readonly callTimeoutMs: number;
  /** A gateway that only accepts or refuses, so that whatever is doubtful comes from the faults. */
  readonly plainGateway: boolean;
  /** Nothing goes wrong, for comparison. */
  readonly withoutFaults: boolean;
  /** Programs that are known to be wrong, to see that it is noticed. */
  readonly naive: boolean;
  /**
   * At the end, with every server stopped, leases and waits of the dead are put forward instead of waited for. What
   * nobody holds does not mind the clock.
   */
  readonly winding: boolean;
  /** How long the queue may take to run empty when the faults have ended. */
  readonly patienceMs: number;
  readonly demands: Demands;
}

/** What a run has to have tried at least: one that did less has proved little, and counts as failed. */
export interface Demands {
  readonly deliveries: number;
  /** Faults that end or hold something and met something. */
  readonly hardFaults: number;
  /** Stops of a process for longer than its leases. */
  readonly longStops: number;
  /** Of some channel's daily cap, from 0 to 1. */
  readonly capUse: number;
  /** Pairs of calls of channels with a distance. */
  readonly spacedPairs: number;
}

export interface ServerPlan {
  readonly role: 'api' | 'worker' | 'all';
  /** Its clock is wrong from the start, and after a kill it may be wrong in another way. */
  readonly skewed: boolean;
}

/** How much is asked for. */
export interface LoadScale {
  readonly groupSizes: readonly number[];
  readonly batchEveryMs: number;
  readonly messageEveryMs: number;
  readonly futureEveryMs: number;
  readonly tightEveryMs: number;
  /** To the channel with a daily cap, and to the one with a distance; what cannot go in time expires. */
  readonly cappedEveryMs: number;
  readonly spacedEveryMs: number;
  readonly limitedForSeconds: number;
  /** The daily cap: less than is asked for. */
  readonly perDay: number;
  readonly peopleEveryMs: number;
  /** Of all requests, from 0 to 1. */
  readonly atLeastOnce: number;
  /** Of the recurring schedules. */
  readonly cronExpression: string;
  readonly recurring: number;
  /** They run at least so long, so that they run at all. */
  readonly recurringForMs: number;
}

const FULL_LOAD: Omit<LoadScale, 'perDay'> = {
  groupSizes: [60, 120, 240],
  batchEveryMs: 4_000,
  messageEveryMs: 400,
  futureEveryMs: 45_000,
  tightEveryMs: 50_000,
  cappedEveryMs: 25_000,
  spacedEveryMs: 35_000,
  limitedForSeconds: 30,
  peopleEveryMs: 2_500,
  atLeastOnce: 0.3,
  cronExpression: '* * * * *',
  recurring: 6,
  recurringForMs: 61_000,
};

/** Four servers for minutes, with everything that can go wrong. */
export function fullPlan(seed: string, minutes: number): ChaosPlan {
  return {
    seed,
    durationMs: Math.round(minutes * 60_000),
    servers: [
      { role: 'api', skewed: false },
      { role: 'all', skewed: false },
      { role: 'all', skewed: true },
      { role: 'worker', skewed: true },
    ],
    // Two tenants share what is asked for.
    load: { ...FULL_LOAD, perDay: Math.max(20, Math.round(20 * minutes)) },
    quietMs: 1_000,
    faultEveryMs: 3_000,
    faultKinds: null,
    briefMs: 4_000,
    // Longer than a claim's lease, and than that of a call.
    longStopMs: 36_000,
    gatewayPace: { fromMs: 5, toMs: 40 },
    // Short, so that doubts are over soon.
    callTimeoutMs: 1_000,
    plainGateway: false,
    withoutFaults: false,
    naive: false,
    winding: false,
    patienceMs: 240_000,
    demands: demandsOf(minutes),
  };
}

/** 20,000 deliveries and 100 hard faults in ten minutes; what is drawn for a shorter run differs more, so half of its share. */
function demandsOf(minutes: number): Demands {
  const share = minutes >= 10 ? minutes / 10 : minutes / 20;
  return {
    deliveries: Math.ceil(20_000 * share),
    hardFaults: Math.ceil(100 * share),
    longStops: Math.ceil(5 * share),
    capUse: 0.5,
    spacedPairs: Math.ceil(30 * share),
  };
}

/** Of the run in npm test: one that kills a server whose clock is wrong, and starts it with another that is. */
export const SHORT_SEED = '25';

/** Of its control: a server is killed, and starts again in time to take over what the other holds while that is stopped. */
export const CONTROL_SEED = '1';

/** Two servers for some seconds, with what fits into them. */
export function shortPlan(seed: string): ChaosPlan {
  return {
    seed,
    durationMs: 10_000,
    servers: [
      { role: 'all', skewed: false },
      { role: 'all', skewed: true },
    ],
    load: {
      groupSizes: [20, 40, 60],
      batchEveryMs: 900,
      messageEveryMs: 400,
      futureEveryMs: 5_000,
      tightEveryMs: 20_000,
      cappedEveryMs: 2_000,
      spacedEveryMs: 2_500,
      // As long as there are faults: what is left then is made to expire.
      limitedForSeconds: 120,
      perDay: 12,
      peopleEveryMs: 1_000,
      atLeastOnce: 0.3,
      cronExpression: '*/5 * * * * *',
      recurring: 2,
      recurringForMs: 6_000,
    },
    quietMs: 1_000,
    faultEveryMs: 900,
    faultKinds: null,
    briefMs: 1_500,
    longStopMs: null,
    gatewayPace: { fromMs: 5, toMs: 40 },
    // Short, so that doubts are over soon.
    callTimeoutMs: 1_000,
    plainGateway: false,
    withoutFaults: false,
    naive: false,
    winding: true,
    patienceMs: 60_000,
    demands: { deliveries: 300, hardFaults: 4, longStops: 0, capUse: 0.5, spacedPairs: 1 },
  };
}

/** Of naive servers: long enough for what goes well, and as short as that. */
export const NAIVE_LEASE_MS = 4_000;

/**
 * A short run of programs that are wrong, with a gateway that has calls under way all the time and does with each what it
 * says: what such programs do wrong they do because processes are killed, or stopped for longer than their leases.
 */
export function controlPlan(seed: string): ChaosPlan {
  // They never come to an end, and need not: what they do meanwhile is enough.
  const plan = shortPlan(seed);
  return {
    ...plan,
    load: { ...plan.load, groupSizes: [60, 80, 100], atLeastOnce: 0 },
    gatewayPace: { fromMs: 300, toMs: 800 },
    callTimeoutMs: 10_000,
    // By then calls are under way.
    quietMs: 3_500,
    faultEveryMs: 2_500,
    faultKinds: ['kill', 'stopLong'],
    longStopMs: NAIVE_LEASE_MS + 1_500,
    plainGateway: true,
    naive: true,
    winding: false,
    patienceMs: 2 * NAIVE_LEASE_MS,
  };
}

/** The same with nothing that goes wrong. */
export function calmControlPlan(seed: string): ChaosPlan {
  return { ...controlPlan(seed), withoutFaults: true };
}
