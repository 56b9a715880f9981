import { localMs } from './local-time.js';

const SECOND_MS = 1_000;

/** How far clocks are put back anywhere in the worlds. */
const PUT_BACK_MS = [30 * 60_000, 60 * 60_000];

/**
 * The instants from `fromMs` on and before `untilMs` at which an expression fires, found by looking at every second. I5
 * in its simplest words: what names an hour fires once for each time that the clocks show or pass over on a date, the
 * moment that they pass over it; what names none fires whenever the clocks show it. Knows the few expressions that the
 * worlds use: second, minute and hour, each a number, a step or any.
 */
export function occurrencesBetween(expression: string, timeZone: string, fromMs: number, untilMs: number): number[] {
  const [second = '', minute = '', hour = '', ...days] = expression.split(' ');
  if (days.join(' ') !== '* * *') throw new Error(`the worlds know no days as in ${expression}`);
  const fits = (shownMs: number): boolean => {
    const shown = Math.floor(shownMs / SECOND_MS);
    return (
      fitsField(second, shown % 60) &&
      fitsField(minute, Math.floor(shown / 60) % 60) &&
      fitsField(hour, Math.floor(shown / 3_600) % 24)
    );
  };
  const found: number[] = [];
  for (let at = Math.ceil(fromMs / SECOND_MS) * SECOND_MS; at < untilMs; at += SECOND_MS) {
    const shown = localMs(timeZone, at);
    if (hour === '*') {
      if (fits(shown)) found.push(at);
      continue;
    }
    const isAgain = PUT_BACK_MS.some((back) => localMs(timeZone, at - back) === shown);
    if ((fits(shown) && !isAgain) || passedOver(timeZone, at).some(fits)) found.push(at);
  }
  return found;
}

/** The times that no clock of a zone showed, because at `at` they were put forward over them. */
function passedOver(timeZone: string, at: number): number[] {
  const first = localMs(timeZone, at - SECOND_MS) + SECOND_MS;
  const count = (localMs(timeZone, at) - first) / SECOND_MS;
  return Array.from({ length: Math.max(0, count) }, (_, place) => first + place * SECOND_MS);
}

function fitsField(field: string, value: number): boolean {
  if (field === '*') return true;
  const step = /^\*\/(\d+)$/.exec(field)?.[1];
  return step === undefined ? Number(field) === value : value % Number(step) === 0;
}
