import {
  isAlwaysOpen,
  openingHoursOf,
  sendingHoursOf,
  sendingWindowOf,
  type StoredSendingHours,
} from './sending-hours.js';

const ANY_HOUR = { sendingFromMinute: null, sendingToMinute: null };

function stored(overrides: Partial<StoredSendingHours> = {}): StoredSendingHours {
  return { timeZone: 'America/Cuiaba', ...ANY_HOUR, sendingWeekdays: [1, 2, 3, 4, 5, 6, 7], ...overrides };
}

describe('hours as they are stored', () => {
  it('are a window, or none', () => {
    expect(sendingWindowOf({ sendingFromMinute: 0, sendingToMinute: 1440 })).toEqual({ fromMinute: 0, toMinute: 1440 });
    expect(sendingWindowOf(ANY_HOUR)).toBeNull();
    expect(sendingWindowOf({ sendingFromMinute: 480, sendingToMinute: null })).toBeNull();
    expect(sendingWindowOf({ sendingFromMinute: null, sendingToMinute: 480 })).toBeNull();
  });

  it('restrict nothing when they name every hour of every day', () => {
    expect(isAlwaysOpen(openingHoursOf(stored()))).toBe(true);
    expect(sendingHoursOf(stored())).toBeNull();
    expect(sendingHoursOf(stored({ sendingFromMinute: 0, sendingToMinute: 1440 }))).toBeNull();
    const restricted = [
      stored({ sendingFromMinute: 0, sendingToMinute: 1439 }),
      stored({ sendingFromMinute: 1, sendingToMinute: 1440 }),
      stored({ sendingWeekdays: [1, 2, 3, 4, 5, 6] }),
    ];
    for (const channel of restricted) expect(sendingHoursOf(channel)).toEqual(openingHoursOf(channel));
  });

  it('are of a zone that this runtime knows, or the program is wrong', () => {
    expect(() => openingHoursOf(stored({ timeZone: 'Mars/Olympus' }))).toThrow('Mars/Olympus');
  });
});
