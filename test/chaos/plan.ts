/** Everything that is decided before a run begins; with the seed it says what happens when. */
export interface ChaosPlan {
  readonly seed: string;
  /** How long there are faults; new work ends a little earlier. */
  readonly durationMs: number;
  readonly servers: readonly ServerPlan[];
  readonly load: LoadScale;
  /** Milliseconds between two faults on average. */
  readonly faultEveryMs: number;
  /** The longest faults: a process stopped for longer than its leases. Left out of short runs. */
  readonly longStops: boolean;
  /** How long the gateway takes for an ordinary answer. */
  readonly gatewayPace: { readonly fromMs: number; readonly toMs: number };
  /** Programs that are known to be wrong, to see that it is noticed. */
  readonly naive: boolean;
  /**
   * At the end, with every server stopped, leases and waits of the dead are put forward instead of waited for. What
   * nobody holds does not mind the clock.
   */
  readonly winding: boolean;
  /** How long the queue may take to run empty when the faults have ended. */
  readonly patienceMs: number;
}

export interface ServerPlan {
  readonly role: 'api' | 'worker' | 'all';
  /** Its clock may be wrong. */
  readonly skewed: boolean;
}

/** How much is asked for. */
export interface LoadScale {
  readonly groupSizes: readonly number[];
  readonly batchEveryMs: number;
  readonly messageEveryMs: number;
  readonly futureEveryMs: number;
  readonly tightEveryMs: number;
  readonly peopleEveryMs: number;
  /** Of the recurring schedules. */
  readonly cronExpression: string;
  readonly recurring: number;
  /** They run at least so long, so that they run at all. */
  readonly recurringForMs: number;
}

const FULL_LOAD: LoadScale = {
  groupSizes: [60, 120, 240],
  batchEveryMs: 4_500,
  messageEveryMs: 400,
  futureEveryMs: 45_000,
  tightEveryMs: 50_000,
  peopleEveryMs: 2_500,
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
    load: FULL_LOAD,
    faultEveryMs: 4_500,
    longStops: true,
    gatewayPace: { fromMs: 5, toMs: 40 },
    naive: false,
    winding: false,
    patienceMs: 240_000,
  };
}

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
      peopleEveryMs: 1_000,
      cronExpression: '*/5 * * * * *',
      recurring: 2,
      recurringForMs: 6_000,
    },
    faultEveryMs: 900,
    longStops: false,
    gatewayPace: { fromMs: 5, toMs: 40 },
    naive: false,
    winding: true,
    patienceMs: 60_000,
  };
}

/** A short run of programs that are wrong, with a gateway that has calls under way all the time. */
export function controlPlan(seed: string): ChaosPlan {
  // They never come to an end, and need not: what they do meanwhile is enough.
  const plan = shortPlan(seed);
  const load = { ...plan.load, groupSizes: [120, 160, 200] };
  const gatewayPace = { fromMs: 100, toMs: 400 };
  return { ...plan, load, gatewayPace, naive: true, winding: false, patienceMs: 3_000 };
}
