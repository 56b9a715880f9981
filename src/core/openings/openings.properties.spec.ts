import fc from 'fast-check';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, type DayNumber } from '../recurrence/civil-date.js';
import { offsetAt, parseTimeZone, type TimeZone } from '../recurrence/time-zone.js';
import { ALL_WEEKDAYS, type DailyWindow } from './daily-window.js';
import { openingsTogether } from './openings-together.js';
import { openingFrom, openingOn, type OpeningHours } from './openings.js';

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const day = (text: string): DayNumber => Date.parse(`${text}T00:00Z`) / MS_PER_DAY;

/** Days on which clocks change: forward and back, by an hour, half an hour and two, at midnight, over a whole date. */
const CHANGES: readonly (readonly [string, string])[] = [
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Europe/Berlin', '2026-10-25'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Antarctica/Troll', '2026-03-29'],
  ['Antarctica/Troll', '2026-10-25'],
  ['Africa/Cairo', '2026-04-24'],
  ['Africa/Cairo', '2026-10-29'],
  ['America/Santiago', '2026-04-04'],
  ['America/Santiago', '2026-09-06'],
  ['America/Havana', '2026-03-08'],
  ['America/Havana', '2026-11-01'],
  ['America/Sao_Paulo', '2018-02-17'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['America/Nuuk', '2026-03-28'],
  ['America/Nuuk', '2026-10-24'],
  ['Asia/Beirut', '2026-03-29'],
  ['Asia/Beirut', '2026-10-24'],
  ['Pacific/Apia', '2011-12-30'],
  ['Asia/Pyongyang', '2018-05-05'],
  ['America/Caracas', '2016-05-01'],
];
const days = fc.oneof(
  fc.tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -1, max: 1 })).map(([[name, date], shift]) => ({
    zone: zone(name),
    day: day(date) + shift,
  })),
  fc.record({
    zone: fc.constantFrom(...Intl.supportedValuesOf('timeZone')).map(zone),
    day: fc.integer({ min: day('2012-01-01'), max: day('2037-12-31') }),
  }),
);
/** Of any length, and often one that begins or ends within the hours in which clocks change. */
const windows: fc.Arbitrary<DailyWindow> = fc
  .tuple(fc.oneof(fc.nat(1440), fc.nat(180), fc.constantFrom(0, 1440)), fc.oneof(fc.nat(1440), fc.nat(240)))
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => ({ fromMinute: Math.min(a, b), toMinute: Math.max(a, b) }));

const weekdays = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 });

/** Whether a minute that begins at an instant bears a date and a local time of the window. */
function isOpenAt({ zone: of, window }: OpeningHours, date: DayNumber, at: number): boolean {
  const localMinute = (at + offsetAt(of, at)) / MS_PER_MINUTE - date * 1440;
  return localMinute >= window.fromMinute && localMinute < window.toMinute;
}

interface Row {
  readonly fromMs: number;
  readonly endMs: number;
}

/** The longest row of minutes of which every one bears the date and a time of the window, of two equal ones the first. */
function longestRow(hours: OpeningHours, date: DayNumber): Row | null {
  const rows: { fromMs: number; endMs: number }[] = [];
  const startMs = date * MS_PER_DAY - 16 * MS_PER_HOUR;
  for (let at = startMs; at < startMs + 58 * MS_PER_HOUR; at += MS_PER_MINUTE) {
    if (!isOpenAt(hours, date, at)) continue;
    const row = rows.at(-1);
    if (row?.endMs === at) row.endMs = at + MS_PER_MINUTE;
    else rows.push({ fromMs: at, endMs: at + MS_PER_MINUTE });
  }
  const lengthOf = (row: Row | null): number => (row === null ? 0 : row.endMs - row.fromMs);
  return rows.reduce<Row | null>((best, row) => (lengthOf(row) > lengthOf(best) ? row : best), null);
}

const everyDay = (of: TimeZone, window: DailyWindow): OpeningHours => ({ zone: of, window, weekdays: ALL_WEEKDAYS });

describe('the opening of any day in any zone', () => {
  it('is the longest row of instants that bear the date and a time of the window', () => {
    fc.assert(
      fc.property(days, windows, ({ zone: of, day: date }, window) => {
        const hours = everyDay(of, window);
        const opening = openingOn(hours, date);
        const endMs = opening && Math.ceil(opening.lastMs / MS_PER_MINUTE) * MS_PER_MINUTE;
        expect(opening && { fromMs: opening.startMs, endMs }).toEqual(longestRow(hours, date));
      }),
      { numRuns: 3_000, seed: 1 },
    );
  });

  it('ends with the closing time itself and closes a second later, or with the millisecond before the date is over', () => {
    fc.assert(
      fc.property(days, windows, ({ zone: of, day: date }, window) => {
        const opening = openingOn(everyDay(of, window), date);
        if (opening === null) return;
        expect(opening.day).toBe(date);
        const localMsAt = (at: number): number => at + offsetAt(of, at) - date * MS_PER_DAY;
        // Every instant of it bears a time of the window and the date, the closing time included.
        for (const at of [opening.startMs, opening.lastMs, Math.floor((opening.startMs + opening.lastMs) / 2)]) {
          expect(localMsAt(at)).toBeGreaterThanOrEqual(window.fromMinute * MS_PER_MINUTE);
          expect(localMsAt(at)).toBeLessThanOrEqual(window.toMinute * MS_PER_MINUTE);
          expect(localMsAt(at)).toBeLessThan(MS_PER_DAY);
        }
        const endsWithClosingTime = localMsAt(opening.lastMs) === window.toMinute * MS_PER_MINUTE;
        expect(opening.closedFromMs - opening.lastMs).toBe(endsWithClosingTime ? 1_000 : 1);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  it('lies apart from that of the day before', () => {
    fc.assert(
      fc.property(days, windows, ({ zone: of, day: date }, window) => {
        const [before, opening] = [openingOn(everyDay(of, window), date - 1), openingOn(everyDay(of, window), date)];
        if (before !== null && opening !== null) expect(opening.startMs).toBeGreaterThan(before.lastMs);
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });

  it('is closed on other weekdays', () => {
    fc.assert(
      fc.property(days, windows, weekdays, ({ zone: of, day: date }, window, allowed) => {
        const weekday = ((((date + 3) % 7) + 7) % 7) + 1;
        const expected = allowed.includes(weekday) ? openingOn(everyDay(of, window), date) : null;
        expect(openingOn({ zone: of, window, weekdays: allowed }, date)).toEqual(expected);
      }),
    );
  });
});

describe('the opening from an instant on', () => {
  it('is the first of all days that is not closed yet', () => {
    fc.assert(
      fc.property(days, windows, weekdays, fc.nat(MS_PER_DAY), ({ zone: of, day: date }, window, allowed, after) => {
        const hours = { zone: of, window, weekdays: allowed };
        const at = date * MS_PER_DAY + after;
        const candidates = Array.from({ length: 20 }, (_, shift) => openingOn(hours, date - 3 + shift));
        const expected = candidates.find((opening) => opening !== null && at < opening.closedFromMs) ?? null;
        expect(openingFrom(hours, at)).toEqual(expected);
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });
});

describe('two sets of hours', () => {
  it('are open together in the instants that both have, up to the first closing', () => {
    fc.assert(
      fc.property(days, days, windows, windows, weekdays, ({ zone: of, day: date }, other, window, others, allowed) => {
        const hours = everyDay(of, window);
        const otherHours = { zone: other.zone, window: others, weekdays: allowed };
        const parts = openingsTogether(hours, otherHours, date);
        const own = openingOn(hours, date);
        const theirs = Array.from({ length: 5 }, (_, shift) => openingOn(otherHours, date - 2 + shift));
        const expected = theirs
          .filter((opening) => opening !== null)
          .map((opening) => ({
            startMs: Math.max(opening.startMs, own?.startMs ?? Infinity),
            lastMs: Math.min(opening.lastMs, own?.lastMs ?? -Infinity),
            closedFromMs: Math.min(opening.closedFromMs, own?.closedFromMs ?? -Infinity),
          }))
          .filter(({ startMs, lastMs }) => startMs <= lastMs);
        expect(parts.map(({ startMs, lastMs, closedFromMs }) => ({ startMs, lastMs, closedFromMs }))).toEqual(expected);
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });
});
