import type { SqlMutant } from './mutated-database.js';

/** What a scenario said about a mutant. */
export interface Outcome {
  readonly mutant: SqlMutant;
  readonly scenario: string;
  readonly violations: readonly string[];
  readonly ms: number;
}

/** For people: which guard is missed where, and what is seen first without it. */
export function asTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ mutant, scenario, violations, ms }) => [
    mutant.statement.replace(/\s+/g, ' ').slice(0, 40),
    mutant.guard,
    scenario,
    `${Math.round(ms)} ms`,
    (violations[0] ?? 'NOTHING').replace(/\s+/g, ' ').slice(0, 80),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const killed = outcomes.filter(({ violations }) => violations.length > 0).length;
  return `${lines.join('\n')}\n${killed} of ${outcomes.length} missing guards were seen\n`;
}
