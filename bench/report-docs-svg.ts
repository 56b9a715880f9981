import { shortNumber, type CaseResult } from './harness/rounds.js';

const WIDTH = 760;
const LABELS = 250;
const VALUES = 90;
const ROW = 26;
const BAR = 16;
const TOP = 36;

/** Legible on light and on dark pages; an image may not follow the page's colours, but it follows the reader's. */
const STYLE = `text{font:13px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600}.o{fill:#8c959f}.p{fill:#1f6feb}.w{stroke:#57606a}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.o{fill:#6e7681}.p{fill:#58a6ff}.w{stroke:#c9d1d9}}`;

/** One bar a case, as long as its median, with a line from its smallest run to its largest. */
export function barPlot(cases: readonly CaseResult[], figure: string, title: string): string {
  const largest = Math.max(...cases.map(({ figures }) => figures[figure]?.max ?? 0), Number.MIN_VALUE);
  const widthOf = (value: number): number => round((Math.max(0, value) / largest) * (WIDTH - LABELS - VALUES));
  const rows = cases.map((result, index) => {
    const top = TOP + index * ROW;
    const label = `<text x="${LABELS - 8}" y="${top + 13}" text-anchor="end">${escape(result.name)}</text>`;
    const spread = result.figures[figure];
    if (!spread)
      return `${label}<text x="${LABELS}" y="${top + 13}">${result.skipped === undefined ? '–' : 'skipped'}</text>`;
    const [from, to] = [LABELS + widthOf(spread.min), LABELS + widthOf(spread.max)];
    const middle = top + BAR / 2;
    return [
      label,
      `<rect class="${/^pontual\b/.test(result.name) ? 'p' : 'o'}" x="${LABELS}" y="${top}" width="${widthOf(spread.median)}" height="${BAR}" rx="2"/>`,
      ...(to > from ? [`<path class="w" d="M${from} ${middle}H${to}"/>`] : []),
      `<text x="${Math.max(to, LABELS + widthOf(spread.median)) + 6}" y="${top + 13}">${shortNumber(spread.median)}</text>`,
    ].join('');
  });
  const height = TOP + cases.length * ROW + 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<text class="t" x="0" y="18">${escape(title)}</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
