import type { History } from './history.js';
import type { Violation } from './reconcile/violation.js';

const MOST = 40;

/** Everything that is known of what the violations are about, each in order of time. */
export function describeEvidence(history: History, violations: readonly Violation[]): string {
  const subjects = [...new Set(violations.map((violation) => violation.subject))].slice(0, MOST);
  return subjects
    .map((subject) => {
      const about = violations.filter((violation) => violation.subject === subject);
      const what = about.map((violation) => `${violation.invariant}: ${violation.what}`).join('\n');
      return `${subject}\n${what}\n${eventsOf(history, subject).join('\n')}\n`;
    })
    .join('\n');
}

/** Lines about a delivery, a run, a schedule or a channel. */
function eventsOf(history: History, subject: string): string[] {
  const mentions = (item: object): boolean => Object.values(item).includes(subject);
  const timed = [
    ...history.ledger.filter(mentions).map((entry) => ({ ...entry, what: `gateway ${entry.kind}` })),
    ...history.attempts.filter(mentions).map((row) => ({ atMs: row.startedAtMs, what: 'attempt', ...row })),
    ...history.changes.filter(mentions).map((row) => ({ what: 'row', ...row })),
    ...history.receipts.filter(mentions).map((row) => ({ what: 'stored event', ...row })),
    ...history.nextRuns.filter(mentions).map((row) => ({ what: 'next run', ...row })),
    ...history.runs.filter(mentions).map((row) => ({ atMs: row.dueAtMs, what: 'run', ...row })),
    ...history.told
      .filter(mentions)
      .map((told) => ({ atMs: 'answeredAtMs' in told ? told.answeredAtMs : 0, what: 'told', ...told })),
  ];
  const rows = [...history.deliveries, ...history.queue, ...history.schedules].filter(mentions);
  return [
    ...timed
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ atMs, what, ...facts }) => `  ${instant(atMs)}  ${what}  ${JSON.stringify(facts)}`),
    ...rows.map((row) => `  at the end  ${JSON.stringify(row)}`),
  ];
}

function instant(atMs: number): string {
  return Number.isFinite(atMs) ? new Date(atMs).toISOString() : 'some time';
}
