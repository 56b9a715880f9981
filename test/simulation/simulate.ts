import fc from 'fast-check';
import type { ModelRepositories } from './model/model-process.js';
import type { Scenario } from './scenario.js';
import { WORLDS, type WorldKind } from './scenario-kinds.js';
import { playScenario, type WorldReport } from './world.js';

/** A world by the number that it comes from. */
export function scenarioOf(seed: number, kind: WorldKind = 'any'): Scenario {
  const [scenario] = fc.sample(WORLDS[kind], { seed, numRuns: 1, unbiased: true });
  return scenario as Scenario;
}

/** What many worlds came to. */
export interface SimulationReport {
  readonly worlds: number;
  readonly deliveries: number;
  readonly calls: number;
  readonly effects: number;
  readonly uncertain: number;
  readonly events: number;
  readonly virtualMs: number;
  /** The first world that broke a rule; undefined when none did. */
  readonly failure: { readonly seed: number; readonly violations: readonly string[] } | undefined;
}

/** How worlds are played. */
export interface SimulationOptions {
  /** With a guard left out. */
  readonly repositories?: () => ModelRepositories;
  /** Worlds of one kind; any without. */
  readonly kind?: WorldKind;
  /** Which violations count; all without. */
  readonly rule?: RegExp;
  readonly onWorld?: (seed: number) => void;
}

/** Plays the worlds of consecutive numbers until one breaks a rule. */
export async function simulate(
  firstSeed: number,
  count: number,
  { repositories, kind, rule = /^/, onWorld }: SimulationOptions = {},
): Promise<SimulationReport> {
  const sums = { worlds: 0, deliveries: 0, calls: 0, effects: 0, uncertain: 0, events: 0, virtualMs: 0 };
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const report = await playScenario(scenarioOf(seed, kind), repositories?.());
    add(sums, report);
    const violations = report.violations.filter((violation) => rule.test(violation));
    if (violations.length > 0) return { ...sums, failure: { seed, violations } };
    onWorld?.(seed);
  }
  return { ...sums, failure: undefined };
}

/** The smallest world in which the rule that a number's world broke is still broken, as fast-check finds it. */
export async function smallestFailure(seed: number): Promise<string> {
  const isSound = async (scenario: Scenario): Promise<boolean> =>
    (await playScenario(scenario)).violations.length === 0;
  const details = await fc.check(fc.asyncProperty(WORLDS.any, isSound), {
    seed,
    numRuns: 1,
    unbiased: true,
    interruptAfterTimeLimit: 30_000,
  });
  return JSON.stringify(details.counterexample?.[0] ?? null, null, 2);
}

type Sums = { -readonly [K in keyof Omit<SimulationReport, 'failure'>]: number };

function add(sums: Sums, report: WorldReport): void {
  sums.worlds += 1;
  sums.deliveries += report.deliveries;
  sums.calls += report.calls;
  sums.effects += report.effects;
  sums.uncertain += report.uncertain;
  sums.events += report.events;
  sums.virtualMs += report.virtualMs;
}
