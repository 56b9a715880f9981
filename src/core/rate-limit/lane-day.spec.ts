import { openingHoursOf, type StoredSendingHours } from '../openings/sending-hours.js';
import { laneDay } from './lane-day.js';

const us = (text: string): number => Date.parse(text) * 1_000;

function hoursOf(overrides: Partial<StoredSendingHours> = {}) {
  return openingHoursOf({
    timeZone: 'America/Cuiaba',
    sendingFromMinute: 8 * 60,
    sendingToMinute: 20 * 60,
    sendingWeekdays: [1, 2, 3, 4, 5, 6, 7],
    ...overrides,
  });
}

const ANY_HOUR = { sendingFromMinute: null, sendingToMinute: null };

describe('laneDay', () => {
  it('is open at any hour of any day unless hours are set', () => {
    const now = us('2026-11-23T03:59:59.999Z');
    expect(laneDay(hoursOf(ANY_HOUR), now + 999)).toEqual({
      dayKey: '2026-11-22',
      nextDayStartUs: us('2026-11-23T04:00:00Z'),
      opensAtUs: now + 999,
    });
  });

  // Cuiabá is four hours behind UTC; 23 November 2026 is a Monday.
  it.each([
    ['before the hours, to their first instant', '2026-11-23T11:59:59.999Z', '2026-11-23T12:00:00Z'],
    ['from the first instant on, open', '2026-11-23T12:00:00Z', '2026-11-23T12:00:00Z'],
    ['open for what was planned for the closing time itself', '2026-11-24T00:00:00.999Z', '2026-11-24T00:00:00.999Z'],
    ['a second after it, closed until the next day', '2026-11-24T00:00:01Z', '2026-11-24T12:00:00Z'],
  ])('is %s', (_what, now, opensAt) => {
    expect(laneDay(hoursOf(), us(now)).opensAtUs).toBe(us(opensAt));
  });

  it('passes over the weekdays on which nothing is sent, also at any hour', () => {
    const friday = us('2026-11-27T12:00:00Z');
    const saturday = us('2026-11-28T12:00:00Z');
    const workdays = { sendingWeekdays: [1, 2, 3, 4, 5] };
    expect(laneDay(hoursOf(workdays), saturday).opensAtUs).toBe(us('2026-11-30T12:00:00Z'));
    expect(laneDay(hoursOf({ ...workdays, ...ANY_HOUR }), saturday).opensAtUs).toBe(us('2026-11-30T04:00:00Z'));
    expect(laneDay(hoursOf({ ...workdays, ...ANY_HOUR }), friday).opensAtUs).toBe(friday);
    expect(laneDay(hoursOf({ sendingWeekdays: [1] }), us('2026-11-23T23:00:00Z')).opensAtUs).toBe(
      us('2026-11-23T23:00:00Z'),
    );
  });

  it('keeps the microsecond of the instant', () => {
    const opens = us('2026-11-23T12:00:00Z');
    expect(laneDay(hoursOf(), opens - 1).opensAtUs).toBe(opens);
    expect(laneDay(hoursOf(), opens + 1).opensAtUs).toBe(opens + 1);
  });

  it('opens an hour later by the clock of the world where the zone’s clocks went back in between', () => {
    const lisbon = hoursOf({ timeZone: 'Europe/Lisbon' });
    expect(laneDay(lisbon, us('2026-10-24T21:00:00Z')).opensAtUs).toBe(us('2026-10-25T08:00:00Z'));
    expect(laneDay(lisbon, us('2026-10-23T21:00:00Z')).opensAtUs).toBe(us('2026-10-24T07:00:00Z'));
  });

  it('asks again the next day when hours never open', () => {
    const now = us('2026-11-23T12:00:00Z');
    expect(laneDay(hoursOf({ sendingWeekdays: [] }), now).opensAtUs).toBe(us('2026-11-24T04:00:00Z'));
  });
});
