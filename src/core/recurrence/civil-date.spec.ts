import fc from 'fast-check';
import { dateOfDayNumber, dayNumberOf, daysInMonth, isRealLabel, labelOf, localMsOf, weekdayOf } from './civil-date.js';

const dayNumbers = fc.integer({ min: -719_162, max: 2_932_896 }); // the years 1 to 9999

describe('civil dates', () => {
  it('agree with the language about every day of the years 1 to 9999', () => {
    fc.assert(
      fc.property(dayNumbers, (day) => {
        const reference = new Date(day * 86_400_000);
        const date = dateOfDayNumber(day);
        expect(date).toEqual({
          year: reference.getUTCFullYear(),
          month: reference.getUTCMonth() + 1,
          day: reference.getUTCDate(),
        });
        expect(dayNumberOf(date)).toBe(day);
        expect(weekdayOf(day)).toBe(reference.getUTCDay());
      }),
      { numRuns: 2_000 },
    );
  });

  it('go from a label to a number and back, before 1970 too', () => {
    fc.assert(
      fc.property(dayNumbers, fc.integer({ min: 0, max: 86_399 }), (day, second) => {
        const localMs = day * 86_400_000 + second * 1_000;
        expect(localMsOf(labelOf(localMs))).toBe(localMs);
        expect(labelOf(localMs + 999)).toEqual(labelOf(localMs));
        expect(isRealLabel(labelOf(localMs))).toBe(true);
      }),
    );
  });

  it.each([
    [2023, 2, 28],
    [2024, 2, 29],
    [1900, 2, 28],
    [2000, 2, 29],
    [2100, 2, 28],
    [2026, 4, 30],
    [2026, 12, 31],
  ])('give %i-%i %i days', (year, month, days) => {
    expect(daysInMonth(year, month)).toBe(days);
  });

  const noon = { year: 2026, month: 2, day: 28, hour: 12, minute: 0, second: 0 };
  it.each([
    [{ ...noon, day: 29 }],
    [{ ...noon, day: 0 }],
    [{ ...noon, month: 13 }],
    [{ ...noon, hour: 24 }],
    [{ ...noon, minute: 60 }],
    [{ ...noon, second: 60 }],
    [{ ...noon, year: 2026.5 }],
    [{ ...noon, second: Number.NaN }],
  ])('do not have %j', (label) => {
    expect(isRealLabel(label)).toBe(false);
    expect(isRealLabel(noon)).toBe(true);
  });
});
