import { forecastLane, type Arrival } from '../planning/forecast.js';
import type { EpochMicros } from '../values/time.js';
import type { ExplainedChannel, ExplanationFacts, SpacedAhead } from './explanation-facts.js';
import { permitsToCome, type PermitsToCome } from './permits-to-come.js';

/** A delivery behind others, some of which keep a distance themselves. */
export interface PlaceBehindSpaced {
  /** When it may go itself, not before the present. */
  readonly startUs: EpochMicros;
  readonly priority: number;
  readonly spacingUs: number;
  /** Those that may go already, and those that have its instant, the spaced ones counted in. */
  readonly ready: number;
  readonly atItsTime: number;
  readonly spaced: readonly SpacedAhead[];
}

/** What a channel will do from now on. The deliveries of a page share it: each question is answered once. */
export interface LaneOutlook {
  /** The permits from now on. */
  readonly permits: PermitsToCome;
  /** What is left of `ready` deliveries at an instant to come, and the permits from then on. */
  after(readyAtUs: EpochMicros, ready: number): { readonly left: number; readonly permits: PermitsToCome };
  /** The turn of a delivery behind others that keep a distance, and how many go after it has become ready. */
  behindSpaced(place: PlaceBehindSpaced): { readonly before: number; readonly turnUs: EpochMicros };
}

/** The outlook of a delivery's channel, from the instant of its facts. */
export function outlookOf({ channel, nowUs }: Pick<ExplanationFacts, 'channel' | 'nowUs'>): LaneOutlook {
  const { policy, hours, lane, heldUntilUs } = channel;
  const permits = permitsToCome({ policy, hours, state: lane, fromUs: Math.max(nowUs, heldUntilUs) });
  const later = new Map<string, ReturnType<LaneOutlook['after']>>();
  const turns = new Map<string, ReturnType<LaneOutlook['behindSpaced']>>();
  return {
    permits,
    after: (readyAtUs, ready) =>
      known(later, `${readyAtUs} ${ready}`, () => {
        const { left, state } = permits.leaveAt(readyAtUs, ready);
        const fromUs = Math.max(readyAtUs, heldUntilUs);
        return { left, permits: permitsToCome({ policy, hours, state, fromUs }) };
      }),
    behindSpaced: (place) => known(turns, JSON.stringify(place), () => turnBehind(channel, nowUs, place)),
  };
}

function known<T>(answers: Map<string, T>, question: string, answer: () => T): T {
  const given = answers.get(question) ?? answer();
  answers.set(question, given);
  return given;
}

const HIGHEST = 10;

/** Those without a distance are taken to go first; where they stand among the others changes little. */
function turnBehind(channel: ExplainedChannel, nowUs: EpochMicros, place: PlaceBehindSpaced) {
  const { startUs, priority, spacingUs, spaced } = place;
  const nowMs = Math.floor(Math.max(nowUs, channel.heldUntilUs) / 1_000);
  const startMs = Math.floor(startUs / 1_000);
  const group = (isReady: boolean, count: number): Arrival[] => {
    const readyMs = Math.max(nowMs, isReady ? Math.floor(nowUs / 1_000) : startMs);
    const distant = spaced.filter((others) => others.isReady === isReady);
    const plain = count - distant.reduce((sum, others) => sum + others.count, 0);
    return [
      ...arrivals(plain, { readyMs, priority: HIGHEST, spacingMs: 0 }),
      ...distant.flatMap((others) =>
        arrivals(others.count, { readyMs, priority: others.priority, spacingMs: others.spacingUs / 1_000 }),
      ),
    ];
  };
  const own = arrivals(1, { readyMs: Math.max(nowMs, startMs), priority, spacingMs: spacingUs / 1_000 });
  const all = [...group(true, place.ready), ...group(false, place.atItsTime), ...own];
  const { policy, hours, lane } = channel;
  const goesAt = forecastLane({ policy, state: lane, hours, nowMs }, all);
  const before = goesAt.slice(0, -1).filter((at) => at === null || at > startMs).length;
  // Hours that never open: the gate of the hours says so.
  const turnMs = goesAt.at(-1) ?? startMs;
  return { before, turnUs: turnMs <= startMs ? startUs : turnMs * 1_000 };
}

function arrivals(count: number, arrival: Omit<Arrival, 'respectsRateLimit'>): Arrival[] {
  return Array.from({ length: Math.max(0, count) }, () => ({ ...arrival, respectsRateLimit: true }));
}
