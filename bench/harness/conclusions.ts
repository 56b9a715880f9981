import { shortNumber, type CaseResult } from './rounds.js';

const OURS = 'pontual';

/** Our median of a figure beside that of the best of the others; empty when there is nobody to compare with. */
export function againstBest(results: readonly CaseResult[], figure: string, better: 'more' | 'less'): string[] {
  const ours = medianOf(results, OURS, figure);
  const others = results.flatMap(({ name, figures }) => {
    const median = figures[figure]?.median;
    return name === OURS || median === undefined ? [] : [{ name, median }];
  });
  others.sort((a, b) => (better === 'more' ? b.median - a.median : a.median - b.median));
  const [best] = others;
  if (ours === undefined || best === undefined) return [];
  return [
    `${figure}: ${shortNumber(ours)}, ${times(ours / best.median)} ${best.name}'s ${shortNumber(best.median)}, the best of the others`,
  ];
}

/** Our median of a figure beside that of each other case. */
export function againstEach(results: readonly CaseResult[], figure: string): string[] {
  const ours = medianOf(results, OURS, figure);
  return results.flatMap(({ name, figures }) => {
    const median = figures[figure]?.median;
    if (name === OURS || ours === undefined || median === undefined) return [];
    return [`${figure}: ${shortNumber(ours)}, ${times(ours / median)} ${name}'s ${shortNumber(median)}`];
  });
}

/** One case's median of a figure beside another's. */
export function against(results: readonly CaseResult[], figure: string, name: string, other: string): string[] {
  const [first, second] = [medianOf(results, name, figure), medianOf(results, other, figure)];
  if (first === undefined || second === undefined) return [];
  return [
    `${figure}: ${name} ${shortNumber(first)}, ${times(first / second)} that of ${other}, ${shortNumber(second)}`,
  ];
}

function medianOf(results: readonly CaseResult[], name: string, figure: string): number | undefined {
  return results.find((result) => result.name === name)?.figures[figure]?.median;
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} times`;
}
