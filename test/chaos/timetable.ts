import { randomOf, type SeededRandom } from '../../src/core/planning/seeded-random.js';
import type { Fault, FaultKind } from './fault.js';
import type { ChaosPlan } from './plan.js';

const SHARES: Readonly<Record<FaultKind, number>> = {
  kill: 0.18,
  stopShort: 0.12,
  stopLong: 0.05,
  terminateBackends: 0.1,
  crashDatabase: 0.06,
  delay: 0.08,
  cut: 0.14,
  swallow: 0.08,
  loseCommit: 0.12,
  loseWrite: 0.07,
};

/** Time for the process to do what it should not any more. */
const AFTER_STOP_MS = 1_000;

const SKEW_MS = 600_000;

/** How wrong the clock of each server is from its first start. */
export function firstSkewsOf(plan: ChaosPlan): readonly number[] {
  const random = randomOf(`${plan.seed}|skews`);
  return plan.servers.map(({ skewed }) => {
    const skewMs = random.below(2) === 0 ? SKEW_MS : -SKEW_MS;
    return skewed ? skewMs : 0;
  });
}

/** What goes wrong when: the same for the same plan. Every kind that the plan allows comes once before any comes twice. */
export function timetableOf(plan: ChaosPlan, canCrashDatabase: boolean): readonly Fault[] {
  if (plan.withoutFaults) return [];
  const random = randomOf(`${plan.seed}|timetable`);
  const kinds = (Object.keys(SHARES) as FaultKind[]).filter(
    (kind) =>
      (plan.faultKinds?.includes(kind) ?? true) &&
      (kind !== 'stopLong' || plan.longStopMs !== null) &&
      (kind !== 'crashDatabase' || canCrashDatabase),
  );
  const faults: Fault[] = [];
  let first = shuffled(kinds, random);
  let atMs = plan.quietMs;
  while (atMs < plan.durationMs) {
    const kind = first[0] ?? drawn(kinds, random);
    first = first.slice(1);
    faults.push(faultOf(kind, Math.round(atMs), plan, random, serversFor(kind, atMs, plan, faults)));
    atMs += plan.faultEveryMs * (0.5 + random.uniform());
  }
  return faults;
}

/** A long stop is to outlast its leases: nobody kills the process meanwhile, and another is stopped next. */
function serversFor(kind: FaultKind, atMs: number, plan: ChaosPlan, faults: readonly Fault[]): number[] {
  const all = plan.servers.map((_, server) => server);
  if (kind !== 'kill' && kind !== 'stopLong') return all;
  const stopped = faults.flatMap((fault) =>
    fault.kind === 'stopLong' && fault.atMs + fault.forMs + AFTER_STOP_MS > atMs ? [fault.server] : [],
  );
  const others = all.filter((server) => !stopped.includes(server));
  return others.length > 0 ? others : all;
}

function faultOf(
  kind: FaultKind,
  atMs: number,
  plan: ChaosPlan,
  random: SeededRandom,
  servers: readonly number[],
): Fault {
  const server = servers[random.below(servers.length)] ?? 0;
  const between = (from: number, to: number): number => Math.round(from + (to - from) * random.uniform());
  const brief = plan.briefMs;
  switch (kind) {
    case 'kill': {
      const skewMs = [0, SKEW_MS, -SKEW_MS][random.below(3)] ?? 0;
      return { kind, atMs, server, skewMs: plan.servers[server]?.skewed === true ? skewMs : 0 };
    }
    case 'stopShort':
      return { kind, atMs, server, forMs: between(300, brief) };
    case 'stopLong':
      return { kind, atMs, server, forMs: plan.longStopMs ?? brief };
    case 'terminateBackends':
      return { kind, atMs, share: 0.2 + 0.6 * random.uniform() };
    case 'crashDatabase':
      return { kind, atMs };
    case 'delay':
      return { kind, atMs, server, byMs: between(5, 250), forMs: between(1_000, brief * 2) };
    case 'cut':
      return { kind, atMs, server, share: 0.3 + 0.7 * random.uniform() };
    case 'swallow':
      return { kind, atMs, server, forMs: between(1_000, brief * 2) };
    case 'loseCommit':
    case 'loseWrite':
      return { kind, atMs, server, count: between(1, 4), forMs: brief * 2 };
  }
}

function drawn(kinds: readonly FaultKind[], random: SeededRandom): FaultKind {
  const total = kinds.reduce((sum, kind) => sum + SHARES[kind], 0);
  let rest = random.uniform() * total;
  for (const kind of kinds) {
    rest -= SHARES[kind];
    if (rest < 0) return kind;
  }
  return kinds[0] ?? 'kill';
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, at: random.uniform() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
