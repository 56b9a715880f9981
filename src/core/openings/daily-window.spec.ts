import fc from 'fast-check';
import { makeDailyWindow, makeWeekdays, minuteOf, timeText, windowsTogether, windowText } from './daily-window.js';

const minutes = fc.integer({ min: 0, max: 1440 });

describe('a window of local hours', () => {
  it('is made of two times of which the second is later, and read again as it was written', () => {
    fc.assert(
      fc.property(minutes, minutes, (a, b) => {
        const made = makeDailyWindow({ from: timeText(a), to: timeText(b) }, 'window');
        expect(made.ok).toBe(a < b);
        if (made.ok) expect(windowText(made.value)).toEqual({ from: timeText(a), to: timeText(b) });
      }),
    );
  });

  it.each([
    ['08:00', '08:00', 'window.empty', 'must differ from from: the window has no length'],
    ['20:00', '08:00', 'window.order', 'must be later than from: a window lies within one day'],
    ['24:00', '00:00', 'window.order', 'must be later than from: a window lies within one day'],
  ])('is refused from %s to %s: %s', (from, to, rule, message) => {
    const made = makeDailyWindow({ from, to }, 'input.window');
    expect(made).toEqual({ ok: false, error: [{ field: 'input.window.to', rule, message }] });
  });

  it('goes from 00:00 to 24:00 at most', () => {
    expect(makeDailyWindow({ from: '00:00', to: '24:00' }, 'w')).toEqual({
      ok: true,
      value: { fromMinute: 0, toMinute: 1440 },
    });
  });

  it('shares with another one the minutes that lie in both', () => {
    fc.assert(
      fc.property(minutes, minutes, minutes, minutes, (a, b, c, d) => {
        const one = { fromMinute: Math.min(a, b), toMinute: Math.max(a, b) };
        const other = { fromMinute: Math.min(c, d), toMinute: Math.max(c, d) };
        const both = windowsTogether(one, other);
        const lies = (w: typeof one, minute: number): boolean => w.fromMinute <= minute && minute < w.toMinute;
        const shared = Array.from({ length: 1440 }, (_, m) => m).filter((m) => lies(one, m) && lies(other, m));
        expect(both && { first: both.fromMinute, count: both.toMinute - both.fromMinute }).toEqual(
          shared.length === 0 ? null : { first: shared[0], count: shared.length },
        );
      }),
    );
  });
});

describe('a time of the day', () => {
  it('is written with two digits each, midnight at the end as 24:00', () => {
    expect([0, 65, 600, 1439, 1440].map(timeText)).toEqual(['00:00', '01:05', '10:00', '23:59', '24:00']);
    fc.assert(fc.property(minutes, (minute) => minuteOf(timeText(minute)) === minute));
  });
});

describe('weekdays', () => {
  it('are kept in their order, each once', () => {
    expect(makeWeekdays([7, 1, 3, 1], 'weekdays')).toEqual({ ok: true, value: [1, 3, 7] });
  });

  it.each([
    [[], 'weekdays.required', 'must name at least one weekday, 1 (Monday) to 7 (Sunday)'],
    [[0], 'weekdays.range', 'must be ISO weekdays, 1 (Monday) to 7 (Sunday)'],
    [[8], 'weekdays.range', 'must be ISO weekdays, 1 (Monday) to 7 (Sunday)'],
    [[1, 1.5], 'weekdays.range', 'must be ISO weekdays, 1 (Monday) to 7 (Sunday)'],
  ])('%j is refused: %s', (days, rule, message) => {
    expect(makeWeekdays(days, 'w')).toEqual({ ok: false, error: [{ field: 'w', rule, message }] });
  });
});
