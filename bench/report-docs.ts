import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULTS, type KeptReport } from './harness/report.js';
import { shortNumber, type CaseResult, type Spread } from './harness/rounds.js';
import { barPlot } from './report-docs-svg.js';

const DOCS = join(__dirname, '..', 'docs');
const PLOTS = 'benchmarks';

/** What most readers come for is first; others follow by name. */
const ORDER = [
  'dispatch-real',
  'dispatch-instant',
  'dispatch-instant-slow-disk',
  'lateness',
  'waiting',
  'processes',
  'lanes',
  'live',
  'api',
  'materialise',
  'core',
];

const INTRODUCTION = `# Benchmarks

Made by \`npm run bench -- --docs\` from the latest run of each benchmark; do not edit. Rates depend on the machine and on what
else it does, which the column "other cores" shows: busy cores that belong to nobody in the measurement. What counts is how the
cases of one table compare, because they ran in turn, several times; a cell shows the median and, in parentheses, the range of the
runs. CPU is the whole process tree's of node and of the database, in microseconds a delivery unless the column says otherwise.

## How to run

\`\`\`sh
npm ci && npm run build
npm install --prefix bench         # the peers and the Node that everything runs on; what is missing is skipped
apt-get install redis-server       # for BullMQ
npm run bench                      # everything, which takes hours; results go to bench/results
npm run bench -- dispatch-real     # one; --rounds 3 for fewer rounds, --only=pontual,http for some of its cases
npm run bench -- dispatch-instant --slow-disk   # with a C compiler: on a disk whose fsync takes a millisecond more
npm run bench -- --docs && npx prettier --write docs/benchmarks.md   # this page
\`\`\`

Every contender runs in a fresh process on the same Node, with a fresh database or a fresh Redis, and the peers with the settings at
which they were fastest: BullMQ adds in bulk and works on 100 jobs at once; pg-boss inserts in bulk and takes batches of 500 (25 where
a batch waits for its slowest call); graphile-worker has a local queue of 500 and completes in batches. PostgreSQL's durability is its default.
`;

/** Writes docs/benchmarks.md and a plot for each benchmark of which a result is kept. */
export function writeDocs(): void {
  const reports = keptReports();
  if (reports.length === 0) throw new Error('no benchmark has been run: npm run bench');
  const plots = join(DOCS, PLOTS);
  rmSync(plots, { recursive: true, force: true });
  mkdirSync(plots, { recursive: true });
  for (const report of reports) {
    const plot = plotOf(report);
    if (plot) writeFileSync(join(plots, `${report.benchmark}.svg`), barPlot(report.cases, plot.figure, plot.title));
  }
  const path = join(DOCS, 'benchmarks.md');
  writeFileSync(path, [INTRODUCTION, ...reports.map(sectionOf)].join('\n'));
  console.log(`docs: ${path} of ${reports.length} results`);
}

function keptReports(): KeptReport[] {
  if (!existsSync(RESULTS)) return [];
  const placeOf = ({ benchmark }: KeptReport): number =>
    ORDER.includes(benchmark) ? ORDER.indexOf(benchmark) : ORDER.length;
  return readdirSync(RESULTS)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as KeptReport)
    .sort((a, b) => placeOf(a) - placeOf(b));
}

/** The figure that the benchmark names, or else its first. */
function plotOf({ plot, cases }: KeptReport): { readonly figure: string; readonly title: string } | undefined {
  const figure = plot?.figure ?? cases.flatMap(({ figures }) => Object.keys(figures))[0];
  if (figure === undefined) return undefined;
  return { figure, title: plot === undefined ? figure : `${figure}, ${plot.better} is better` };
}

function sectionOf(report: KeptReport): string {
  const plot = plotOf(report);
  const { cpu, cores, memoryGiB } = report.machine;
  const versions = Object.entries(report.versions ?? {}).map(
    ([name, version]) => `${name} ${version.replace(/^v/, '')}`,
  );
  return [
    `## ${report.benchmark}`,
    `${upperFirst(report.work)}.`,
    ...(plot ? [`![${plot.title}](${PLOTS}/${report.benchmark}.svg)`] : []),
    tableOf(report.cases),
    report.conclusions.map((conclusion) => `- ${conclusion}`).join('\n'),
    `${report.at.slice(0, 10)}, ${cpu}, ${cores} cores, ${memoryGiB} GiB${versions.map((version) => `; ${version}`).join('')}.`,
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('\n');
}

function tableOf(cases: readonly CaseResult[]): string {
  const names = [...new Set(cases.flatMap(({ figures }) => Object.keys(figures)))];
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [
    row(['case', 'runs', ...names]),
    row(['---', '--:', ...names.map(() => '--:')]),
    ...cases.map(({ name, runs, figures, skipped }) =>
      skipped === undefined
        ? row([name, `${runs}`, ...names.map((figure) => cellOf(figures[figure]))])
        : row([name, skipped, ...names.map(() => '–')]),
    ),
  ].join('\n');
}

function cellOf(spread: Spread | undefined): string {
  if (!spread) return '–';
  const [median, min, max] = [spread.median, spread.min, spread.max].map(shortNumber);
  return min === max ? `${median}` : `${median} (${min}–${max})`;
}

function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
