import { randomOf, type SeededRandom } from '../../../src/core/planning/seeded-random.js';
import type { ChaosPlan } from '../plan.js';
import type { WorldChannel } from './world.js';

/** A schedule or message that is asked for, `atMs` after the beginning; which tenant, group and number are places in lists. */
export type Request = {
  readonly atMs: number;
  readonly reference: string;
  readonly tenant: number;
  readonly purpose: WorldChannel['purpose'];
  readonly guarantee: 'AT_MOST_ONCE' | 'AT_LEAST_ONCE';
  readonly retryPolicy: RetryPolicy;
  readonly priority: number;
  /** null: it may be as late as it likes. */
  readonly expiresAfterSeconds: number | null;
} & (
  | { readonly kind: 'batch'; readonly group: number }
  | { readonly kind: 'future'; readonly group: number; readonly inMs: number }
  | { readonly kind: 'recurring'; readonly group: number; readonly maxRuns: number | null }
  | { readonly kind: 'message'; readonly contact: number }
);

interface RetryPolicy {
  readonly backoff: 'FIXED' | 'EXPONENTIAL';
  readonly initialSeconds: number;
  readonly maxAttempts: number;
  readonly maxSeconds: number;
  readonly jitter: boolean;
}

/** What somebody does to what there is: the things are drawn when the time has come. */
export interface PersonAct {
  readonly atMs: number;
  readonly kind: 'cancelDeliveries' | 'cancelSchedule' | 'pauseSchedule' | 'pauseChannel' | 'optOut';
  readonly tenant: number;
  /** Of a pause and of an opt-out. */
  readonly forMs: number;
}

export const TENANTS = 2;

/** New work ends when that share of the time is over, so that what is slow by its limits can end. */
const LOAD_SHARE = 0.9;

/** Work for channels with limits ends earlier still. */
const LIMITED_SHARE = 0.75;

/** Of ordinary batches: those that expire when they are too late. */
const DEADLINE_SHARE = 0.2;

/** Channels of ordinary requests; the tight one has its own. */
const ORDINARY: readonly WorldChannel['purpose'][] = ['fast', 'fast', 'slow', 'idempotent'];

const POLICIES: readonly RetryPolicy[] = [
  { backoff: 'FIXED', initialSeconds: 1, maxAttempts: 3, maxSeconds: 1, jitter: false },
  { backoff: 'FIXED', initialSeconds: 2, maxAttempts: 4, maxSeconds: 2, jitter: false },
  { backoff: 'EXPONENTIAL', initialSeconds: 1, maxAttempts: 4, maxSeconds: 4, jitter: true },
];

/** All requests of a run, in order of time. */
export function requestsOf(plan: ChaosPlan): readonly Request[] {
  const { load, durationMs, seed } = plan;
  const random = randomOf(`${seed}|load`);
  const untilMs = durationMs * LOAD_SHARE;
  const requests: Request[] = [];
  const common = (kind: string, atMs: number) => ({
    atMs,
    reference: `${kind}-${requests.length}`,
    tenant: random.below(TENANTS),
    purpose: ORDINARY[random.below(ORDINARY.length)] as WorldChannel['purpose'],
    guarantee: random.uniform() < load.atLeastOnce ? ('AT_LEAST_ONCE' as const) : ('AT_MOST_ONCE' as const),
    retryPolicy: POLICIES[random.below(POLICIES.length)] as RetryPolicy,
    priority: random.below(11),
    expiresAfterSeconds: null,
  });
  const deadline = () => ({ expiresAfterSeconds: random.uniform() < DEADLINE_SHARE ? 2 + random.below(8) : null });
  const limited = (purpose: 'capped' | 'spaced', everyMs: number): void => {
    const facts = { kind: 'batch', group: 0, purpose, expiresAfterSeconds: load.limitedForSeconds } as const;
    for (const atMs of times(everyMs, untilMs * LIMITED_SHARE, random))
      requests.push({ ...common(purpose, atMs), ...facts });
  };
  const group = (): number => random.below(load.groupSizes.length);
  for (let index = 0; index < load.recurring; index += 1) {
    const maxRuns = index % 3 === 2 ? 2 : null;
    requests.push({ ...common('recurring', 0), kind: 'recurring', group: 0, maxRuns });
  }
  for (const atMs of times(load.batchEveryMs, untilMs, random))
    requests.push({ ...common('batch', atMs), ...deadline(), kind: 'batch', group: group() });
  for (const atMs of times(load.tightEveryMs, untilMs * LIMITED_SHARE, random))
    requests.push({ ...common('tight', atMs), kind: 'batch', group: 0, purpose: 'tight' });
  limited('capped', load.cappedEveryMs);
  limited('spaced', load.spacedEveryMs);
  for (const atMs of times(load.futureEveryMs, untilMs, random)) {
    const inMs = Math.min(3_000 + random.below(20_000), Math.max(3_000, durationMs - atMs));
    requests.push({ ...common('future', atMs), ...deadline(), kind: 'future', group: group(), inMs });
  }
  const people = load.groupSizes[0] ?? 1;
  for (const atMs of times(load.messageEveryMs, untilMs, random))
    requests.push({ ...common('message', atMs), kind: 'message', contact: random.below(people) });
  return requests.sort((a, b) => a.atMs - b.atMs);
}

/** What people do meanwhile, in order of time. */
export function actsOf(plan: ChaosPlan): readonly PersonAct[] {
  const random = randomOf(`${plan.seed}|people`);
  const kinds = [
    'cancelDeliveries',
    'pauseSchedule',
    'cancelDeliveries',
    'cancelSchedule',
    'pauseChannel',
    'optOut',
    'optOut',
  ] as const;
  return times(plan.load.peopleEveryMs, plan.durationMs, random).map((atMs) => ({
    atMs,
    kind: kinds[random.below(kinds.length)] as PersonAct['kind'],
    tenant: random.below(TENANTS),
    forMs: 500 + random.below(Math.min(6_000, plan.durationMs / 6)),
  }));
}

function times(everyMs: number, untilMs: number, random: SeededRandom): number[] {
  const result: number[] = [];
  for (let atMs = everyMs * random.uniform(); atMs < untilMs; atMs += everyMs * (0.5 + random.uniform()))
    result.push(Math.round(atMs));
  return result;
}
