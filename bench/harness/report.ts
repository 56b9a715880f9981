import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { benchNodeVersion } from './node.js';
import { shortNumber, type CaseResult } from './rounds.js';

export const RESULTS = join(__dirname, '..', 'results');

/** A benchmark as it is kept; docs are made of it by `npm run bench -- --docs`. */
export interface Report {
  readonly benchmark: string;
  /** What was measured, in a sentence. */
  readonly work: string;
  readonly cases: readonly CaseResult[];
  /** Comparisons that the benchmark exists for, in words and figures. */
  readonly conclusions: readonly string[];
  /** Of what took part, by name; of Node when it is not said. */
  readonly versions?: Readonly<Record<string, string>>;
  /** The figure that a plot shows, and whether more of it is better. */
  readonly plot?: { readonly figure: string; readonly better: 'more' | 'less' };
}

/** A report as it is kept: with the machine that it was made on. */
export interface KeptReport extends Report {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number };
  readonly at: string;
}

/** Prints a report and keeps it in bench/results; `small` runs are not kept, their figures mean nothing. */
export function finishReport(report: Report, small: boolean): void {
  const names = [...new Set(report.cases.flatMap((result) => Object.keys(result.figures)))];
  const header = ['case', 'runs', ...names];
  const rows = report.cases.map((result) => [
    result.name,
    String(result.runs),
    ...names.map((name) => {
      const spread = result.figures[name];
      if (!spread) return '–';
      return `${shortNumber(spread.median)} (${shortNumber(spread.min)}–${shortNumber(spread.max)})`;
    }),
  ]);
  console.log(`${report.benchmark}: ${report.work}`);
  console.log(asTable([header, ...rows]));
  for (const { name, skipped } of report.cases)
    if (skipped !== undefined) console.log(`  ${name}: skipped, ${skipped}`);
  for (const conclusion of report.conclusions) console.log(`  ${conclusion}`);
  if (small) return;
  mkdirSync(RESULTS, { recursive: true });
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
  const kept: KeptReport = { versions: { Node: benchNodeVersion() }, ...report, machine, at: new Date().toISOString() };
  writeFileSync(join(RESULTS, `${report.benchmark}.json`), `${JSON.stringify(kept, null, 2)}\n`);
}

function asTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
