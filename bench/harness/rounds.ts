/** What one run of a case has measured, by name; every case of a benchmark has the same names, or fewer. */
export type Figures = Readonly<Record<string, number>>;

/** One contender of a benchmark. A run is complete in itself: it begins with nothing and leaves nothing. */
export interface BenchCase {
  readonly name: string;
  /** Why it cannot run on this machine, and how to get what it needs. */
  readonly unavailable?: string;
  run(): Promise<Figures>;
}

/** The middle of several runs and how far they lay apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A case after all its runs. */
export interface CaseResult {
  readonly name: string;
  readonly runs: number;
  readonly figures: Readonly<Record<string, Spread>>;
  /** Said instead of figures. */
  readonly skipped?: string;
}

/**
 * Runs the cases one after the other, and that several times: what the machine does besides meets all of them alike.
 * `tell` hears of every run as it ends.
 */
export async function runRounds(
  cases: readonly BenchCase[],
  rounds: number,
  tell: (line: string) => void = console.log,
): Promise<CaseResult[]> {
  const runs = new Map<string, Figures[]>();
  for (const { name, unavailable } of cases) if (unavailable !== undefined) tell(`  ${name}: skipped, ${unavailable}`);
  for (let round = 1; round <= rounds; round++) {
    for (const contender of cases) {
      if (contender.unavailable !== undefined) continue;
      const figures = await contender.run();
      runs.set(contender.name, [...(runs.get(contender.name) ?? []), figures]);
      const said = Object.entries(figures).map(([figure, value]) => `${figure} ${shortNumber(value)}`);
      tell(`  round ${round}/${rounds} ${contender.name}: ${said.join(', ')}`);
    }
  }
  return cases.map(({ name, unavailable }) => ({
    name,
    runs: runs.get(name)?.length ?? 0,
    figures: spreads(runs.get(name) ?? []),
    ...(unavailable === undefined ? {} : { skipped: unavailable }),
  }));
}

function spreads(runs: readonly Figures[]): Record<string, Spread> {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  return Object.fromEntries(names.map((name) => [name, spreadOf(runs.flatMap((run) => run[name] ?? []))]));
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** The smallest value that `share` of the sorted values do not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Three digits that count, and no more. */
export function shortNumber(value: number): string {
  if (Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-GB');
  return value.toFixed(size >= 10 ? 1 : 2);
}
