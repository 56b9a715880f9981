import fc from 'fast-check';
import { MS_PER_DAY } from '../recurrence/civil-date.js';
import { offsetAt, parseTimeZone, resolveLocalMs, type TimeZone } from '../recurrence/time-zone.js';
import {
  checkPerContactTimeZone,
  foremostInstant,
  lastToPrepare,
  localInstant,
  LONGEST_LEAD_MS,
  LONGEST_LOOK_AHEAD_MS,
  PREPARATION_MS,
} from './contact-time.js';

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}
const at = (text: string) => Date.parse(text);
const instant = (ms: number) => new Date(ms).toISOString();

describe('localInstant', () => {
  it.each([
    // 09:00 in Cuiabá.
    ['America/Cuiaba', '2026-11-21T13:00:00Z', 'America/Cuiaba', '2026-11-21T13:00:00.000Z'],
    ['America/Cuiaba', '2026-11-21T13:00:00Z', 'America/Sao_Paulo', '2026-11-21T12:00:00.000Z'],
    ['America/Cuiaba', '2026-11-21T13:00:00Z', 'Asia/Tokyo', '2026-11-21T00:00:00.000Z'],
    ['America/Cuiaba', '2026-11-21T13:00:00Z', 'America/Los_Angeles', '2026-11-21T17:00:00.000Z'],
    ['America/Cuiaba', '2026-11-21T13:00:00Z', 'Asia/Kathmandu', '2026-11-21T03:15:00.000Z'],
    ['America/Cuiaba', '2026-11-21T13:00:00Z', 'Pacific/Kiritimati', '2026-11-20T19:00:00.000Z'],
    ['America/Cuiaba', '2026-11-21T13:00:00Z', 'Etc/GMT+12', '2026-11-21T21:00:00.000Z'],
    // The date is the schedule's too: 23:30 on the 21st, not on the 22nd.
    ['Asia/Tokyo', '2026-11-21T14:30:00Z', 'America/Los_Angeles', '2026-11-22T07:30:00.000Z'],
    // Seconds and their fraction are part of the time.
    ['America/Cuiaba', '2026-11-21T13:00:59.987Z', 'Asia/Tokyo', '2026-11-21T00:00:59.987Z'],
    // 02:30 that the contact's clock jumps over: the end of the gap, 03:00.
    ['America/Cuiaba', '2026-03-08T06:30:00Z', 'America/Los_Angeles', '2026-03-08T10:00:00.000Z'],
    ['America/Cuiaba', '2026-03-29T06:30:00Z', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    ['UTC', '2026-10-04T02:10:00Z', 'Australia/Lord_Howe', '2026-10-03T15:30:00.000Z'],
    // 01:30 that it shows twice: the first.
    ['America/Cuiaba', '2026-11-01T05:30:00Z', 'America/Los_Angeles', '2026-11-01T08:30:00.000Z'],
    ['UTC', '2026-10-25T02:30:00Z', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    // The schedule's clock shows 01:30 twice: both are 01:30 elsewhere.
    ['America/Los_Angeles', '2026-11-01T08:30:00Z', 'UTC', '2026-11-01T01:30:00.000Z'],
    ['America/Los_Angeles', '2026-11-01T09:30:00Z', 'UTC', '2026-11-01T01:30:00.000Z'],
    // Its own second 01:30 is no other instant.
    ['America/Los_Angeles', '2026-11-01T09:30:00Z', 'America/Los_Angeles', '2026-11-01T09:30:00.000Z'],
    // A date that a zone skipped as a whole.
    ['UTC', '2011-12-30T09:00:00Z', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  ])('of a schedule in %s at %s is, in %s, %s', (scheduleZone, nominal, contactZone, expected) => {
    expect(instant(localInstant(at(nominal), zone(scheduleZone), zone(contactZone)))).toBe(expected);
  });

  const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone').map(zone));
  const instants = fc.integer({ min: at('1996-01-01T00:00:00Z'), max: at('2037-12-31T00:00:00Z') });

  it('shows the same time, unless that is in a gap; is never further off than a clock can be', () => {
    fc.assert(
      fc.property(instants, zones, zones, (nominal, scheduleZone, contactZone) => {
        const local = localInstant(nominal, scheduleZone, contactZone);
        const label = nominal + offsetAt(scheduleZone, nominal);
        const isGap = resolveLocalMs(contactZone, label).kind === 'gap';
        if (!isGap) expect(local + offsetAt(contactZone, local)).toBe(label);
        else expect(local + offsetAt(contactZone, local)).toBeGreaterThan(label);
        expect(Math.abs(local - nominal)).toBeLessThanOrEqual(LONGEST_LEAD_MS);
      }),
    );
  });

  it('is never before the first clock on earth, and its run is made before that', () => {
    fc.assert(
      fc.property(instants, zones, zones, (nominal, scheduleZone, contactZone) => {
        const foremost = foremostInstant(nominal, scheduleZone);
        expect(localInstant(nominal, scheduleZone, contactZone)).toBeGreaterThanOrEqual(foremost);
        expect(lastToPrepare(foremost - PREPARATION_MS, scheduleZone)).toBeGreaterThanOrEqual(nominal);
      }),
    );
  });

  it('a run is made no earlier than that needs, but for what a clock repeats or skips', () => {
    fc.assert(
      fc.property(instants, zones, (now, scheduleZone) => {
        const last = lastToPrepare(now, scheduleZone);
        expect(last).toBeGreaterThanOrEqual(now + PREPARATION_MS);
        expect(last).toBeLessThanOrEqual(now + LONGEST_LOOK_AHEAD_MS);
        expect(foremostInstant(last, scheduleZone)).toBeLessThanOrEqual(now + PREPARATION_MS + MS_PER_DAY);
      }),
    );
  });
});

describe('lastToPrepare', () => {
  it.each([
    // UTC+14 against UTC-4: 18 hours.
    ['America/Cuiaba', '2026-11-20T18:59:00Z', '2026-11-21T13:00:00.000Z'],
    ['Asia/Tokyo', '2026-11-20T18:59:00Z', '2026-11-21T00:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-11-20T18:59:00Z', '2026-11-20T19:00:00.000Z'],
    // 02:30, which its clock jumps over: up to the end of the gap. 01:30, which it shows twice: both.
    ['America/New_York', '2026-03-07T12:29:00Z', '2026-03-08T07:00:00.000Z'],
    ['America/New_York', '2026-10-31T11:29:00Z', '2026-11-01T06:30:00.000Z'],
  ])('of a schedule in %s at %s is %s', (scheduleZone, now, expected) => {
    expect(instant(lastToPrepare(at(now), zone(scheduleZone)))).toBe(expected);
  });
});

describe('checkPerContactTimeZone', () => {
  it('is for schedules that name a time', () => {
    for (const type of ['FUTURE', 'RECURRING'] as const) expect(checkPerContactTimeZone(type, true)).toEqual([]);
    for (const type of ['IMMEDIATE', 'CAMPAIGN'] as const) {
      expect(checkPerContactTimeZone(type, false)).toEqual([]);
      const message = `does not apply to a schedule of type ${type}`;
      expect(checkPerContactTimeZone(type, true)).toEqual([
        { field: 'input.perContactTimeZone', message, rule: 'notApplicable' },
      ]);
    }
  });
});
