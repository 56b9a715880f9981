import type { ChaosReport } from './run.js';
import type { FaultKind, InflictedFault } from './fault.js';
import { INVARIANTS, type InvariantName } from './reconcile/violation.js';

const SHOWN = 5;

/** A run for people to read. */
export function describeReport(report: ChaosReport): string {
  const { figures, plan, faults, lostReplies, rest } = report;
  const lines: [string, string][] = [
    ['seed', `${plan.seed}${plan.naive ? ' (control: naive servers)' : ''}`],
    ['seconds', report.seconds.toFixed(1)],
    ['deliveries', `${figures.deliveries}  (${listed(Object.entries(figures.byStatus))})`],
    ['calls, effects', `${figures.calls}, ${figures.effects}`],
    ['attempts', String(figures.attempts)],
    ['status events', String(figures.receipts)],
    ['faults', `${faults.length} of ${report.plannedFaults} met something  (${listed([...countOf(faults)])})`],
    ['hard faults', `${figures.hardFaults}, of these ${figures.longStops} stops longer than a lease`],
    ['failed starts', String(report.failedStarts)],
    ['lost replies', `${lostReplies.commit} of COMMIT, ${lostReplies.write} of other writes`],
    ['UNCERTAIN', `${(figures.uncertainShare * 100).toFixed(2)} % of what was at a gateway`],
    ['sent again after a doubt', String(figures.repeated)],
    ['cancelled by people', String(figures.cancelled)],
    ['over the strict limit', `${figures.excess.toFixed(2)} calls in the fullest window`],
    ['daily caps', `${(figures.capUse * 100).toFixed(0)} % used of the fullest`],
    ['distances', `${figures.spacedPairs} pairs, the closest nearer by ${figures.spacingExcessMs} ms`],
    ['latest call after a stop', `${figures.latestCallAfterStopMs} ms`],
    ['unanswered requests', String(report.unanswered.length)],
    ['left over', listed(Object.entries(rest).filter(([, count]) => count > 0)) || 'nothing'],
    ['violations', describeViolations(report)],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** Violations by invariant, with the first of each. */
export function describeViolations({ violations }: Pick<ChaosReport, 'violations'>): string {
  if (violations.length === 0) return 'none';
  const names = [...new Set(violations.map((violation) => violation.invariant))];
  return names
    .map((name: InvariantName) => {
      const own = violations.filter((violation) => violation.invariant === name);
      const examples = own.slice(0, SHOWN).map(({ subject, what }) => `\n      ${subject}  ${what}`);
      return `\n  ${name} (${INVARIANTS[name]}): ${own.length}${examples.join('')}`;
    })
    .join('');
}

function listed(entries: readonly (readonly [string, number])[]): string {
  return entries.map(([name, count]) => `${name} ${count}`).join(', ');
}

/** By kind. */
export function countOf(faults: readonly InflictedFault[]): ReadonlyMap<FaultKind, number> {
  const counts = new Map<FaultKind, number>();
  for (const { kind } of faults) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
