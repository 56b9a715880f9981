import { parseCron, type CronExpression } from './cron-expression.js';
import { nextOccurrence } from './next-occurrence.js';
import { parseTimeZone, type TimeZone } from './time-zone.js';

function cron(text: string): CronExpression {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

describe('an expression with a star for the hour, asked shortly before a change of clocks', () => {
  it.each([
    // Another change lies between: December has the offset of before the change in March.
    ['a date beyond the next change too', '0 * 1 12 *', 'America/New_York', '2026-03-08T06:00Z', '2026-12-01T05:00Z'],
    ['exactly two days later', '0 * 10 3 *', 'America/New_York', '2026-03-08T04:00Z', '2026-03-10T04:00Z'],
    ['just within two days', '0 * 30 3 *', 'Europe/Berlin', '2026-03-28T00:30Z', '2026-03-29T22:00Z'],
  ])('finds %s: %s in %s after %s', (_what, text, place, after, expected) => {
    expect(nextOccurrence(cron(text), zone(place), Date.parse(after))).toBe(Date.parse(expected));
  });
});

describe('an expression with a star for the hour, asked long before clocks go back', () => {
  it('fires in the first of the two passes', () => {
    // Havana's clocks show 00:30 twice on 1 November 2026.
    const first = nextOccurrence(cron('30 * 1 11 *'), zone('America/Havana'), Date.parse('2026-06-01T00:00Z'));
    expect(first).toBe(Date.parse('2026-11-01T04:30Z'));
    expect(nextOccurrence(cron('30 * 1 11 *'), zone('America/Havana'), first!)).toBe(Date.parse('2026-11-01T05:30Z'));
  });
});
