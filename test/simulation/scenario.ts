import type { ProviderHabits } from './model/model-gateway.js';

/** Something that happens to the world at an instant: what people ask for, and what goes wrong. */
export interface ScenarioAct {
  /** Milliseconds after the beginning. */
  readonly atMs: number;
  readonly kind:
    | 'kill'
    | 'terminate'
    | 'stop'
    | 'cut'
    | 'crashDatabase'
    | 'jumpClock'
    | 'pause'
    | 'resume'
    | 'cancel'
    | 'cancelDelivery'
    | 'retry'
    | 'markSent'
    | 'optOut'
    | 'pauseChannel'
    | 'activateChannel';
  /** Which process, schedule, delivery, contact or channel: counted round. */
  readonly target: number;
  /** How long it lasts, for what lasts; how far a clock jumps. */
  readonly forMs: number;
}

export interface ScenarioSchedule {
  /** null: one run. */
  readonly cron: string | null;
  readonly startsInMs: number;
  readonly endsInMs: number;
  readonly maxRuns: number | null;
  readonly misfirePolicy: 'LATEST' | 'NONE' | 'ALL';
  readonly graceSeconds: number | null;
  readonly contacts: number;
  readonly channel: number;
  readonly priority: number;
  readonly express: boolean;
  readonly atLeastOnce: boolean;
  readonly maxAttempts: number;
  readonly expiresAfterMs: number | null;
}

export interface ScenarioChannel extends ProviderHabits {
  readonly perMinute: number;
  readonly burst: number;
  readonly perContactPerMinute: number | null;
  readonly perDay: number | null;
  readonly minSpacingSeconds: number;
}

/** A whole world before it begins. Everything that is drawn later comes from `entropy`. */
export interface Scenario {
  readonly entropy: number;
  /** Instant of the beginning; some lie just before the clocks change. */
  readonly startsAt: string;
  readonly timeZone: string;
  readonly processes: number;
  /** I20: wall clocks of the processes are off by up to this, and nothing of the world may change by it. */
  readonly skewMs: number;
  /** I17: share of the events between processes that get lost, 1 for all there are: then all waits for a poll. */
  readonly loss: number;
  readonly faults: {
    readonly cutBefore: number;
    readonly loseReply: number;
    readonly halfOpen: number;
    readonly slow: number;
  };
  readonly channels: readonly ScenarioChannel[];
  readonly schedules: readonly ScenarioSchedule[];
  readonly acts: readonly ScenarioAct[];
}

/** What goes wrong with processes and connections; the rest is what people ask for. */
export const TROUBLE: readonly ScenarioAct['kind'][] = [
  'kill',
  'terminate',
  'stop',
  'cut',
  'crashDatabase',
  'jumpClock',
];

/** Nothing goes wrong in it but what providers do. */
export function isCalm({ acts, faults }: Pick<Scenario, 'acts' | 'faults'>): boolean {
  return faults.cutBefore + faults.loseReply + faults.slow === 0 && !acts.some(({ kind }) => TROUBLE.includes(kind));
}

/** How long things go wrong, in milliseconds. */
export const TROUBLE_MS = 40_000;
