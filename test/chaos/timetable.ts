import { randomOf, type SeededRandom } from '../../src/core/planning/seeded-random.js';
import type { ChaosPlan } from './plan.js';

/** Something that goes wrong, `atMs` after the beginning. `server` is a place in the list of servers. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly server: number; readonly skewMs: number }
  | { readonly kind: 'stopShort' | 'stopLong'; readonly server: number; readonly forMs: number }
  | { readonly kind: 'terminateBackends'; readonly share: number }
  | { readonly kind: 'crashDatabase' }
  | { readonly kind: 'delay'; readonly server: number; readonly byMs: number; readonly forMs: number }
  | { readonly kind: 'cut'; readonly server: number; readonly share: number }
  | { readonly kind: 'swallow'; readonly server: number; readonly forMs: number }
  | { readonly kind: 'loseCommit' | 'loseWrite'; readonly server: number; readonly count: number }
);

export type FaultKind = Fault['kind'];

const SHARES: Readonly<Record<FaultKind, number>> = {
  kill: 0.2,
  stopShort: 0.12,
  stopLong: 0.04,
  terminateBackends: 0.1,
  crashDatabase: 0.06,
  delay: 0.1,
  cut: 0.12,
  swallow: 0.06,
  loseCommit: 0.12,
  loseWrite: 0.08,
};

/** Longer than a claim's lease, and than that of a call. */
const LONG_STOP_MS = 36_000;

const SKEW_MS = 600_000;

/** The first server starts and the load begins before anything goes wrong. */
const QUIET_BEGINNING_MS = 1_000;

/** What goes wrong when: the same for the same plan. Every kind that the plan allows comes once before any comes twice. */
export function timetableOf(plan: ChaosPlan, canCrashDatabase: boolean): readonly Fault[] {
  const random = randomOf(`${plan.seed}|timetable`);
  const kinds = (Object.keys(SHARES) as FaultKind[]).filter(
    (kind) => (kind !== 'stopLong' || plan.longStops) && (kind !== 'crashDatabase' || canCrashDatabase),
  );
  const faults: Fault[] = [];
  let first = shuffled(kinds, random);
  let atMs = QUIET_BEGINNING_MS;
  while (atMs < plan.durationMs) {
    const kind = first[0] ?? drawn(kinds, random);
    first = first.slice(1);
    faults.push(faultOf(kind, Math.round(atMs), plan, random));
    atMs += plan.faultEveryMs * (0.5 + random.uniform());
  }
  return faults;
}

function faultOf(kind: FaultKind, atMs: number, plan: ChaosPlan, random: SeededRandom): Fault {
  const server = random.below(plan.servers.length);
  const between = (from: number, to: number): number => Math.round(from + (to - from) * random.uniform());
  const brief = plan.longStops ? 4_000 : 1_500;
  switch (kind) {
    case 'kill': {
      const skewMs = [0, SKEW_MS, -SKEW_MS][random.below(3)] ?? 0;
      return { kind, atMs, server, skewMs: plan.servers[server]?.skewed === true ? skewMs : 0 };
    }
    case 'stopShort':
      return { kind, atMs, server, forMs: between(300, brief) };
    case 'stopLong':
      return { kind, atMs, server, forMs: LONG_STOP_MS };
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
      return { kind, atMs, server, count: between(1, 4) };
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

/** A line a fault, for people. */
export function describeFault({ kind, atMs, ...facts }: Fault): string {
  const words = Object.entries(facts).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? +value.toFixed(2) : String(value)}`,
  );
  return [`${(atMs / 1_000).toFixed(1).padStart(7)} s  ${kind}`, ...words].join('  ');
}
