import fc from 'fast-check';
import { parseTimeZone, toLocal, type TimeZone } from '../recurrence/time-zone.js';
import { assignContacts, type AssignedSlot } from './assign-contacts.js';
import { drawSlots } from './draw-slots.js';
import { capacityOf, type Stretch } from './free-time.js';
import { minuteOfDay } from './minute-of-day.js';
import { randomOf } from './seeded-random.js';
import type { DayToAssign } from './slot-table.js';

const MINUTE = 60_000;
const CUIABA = zone('America/Cuiaba');
const NINE = Date.parse('2026-05-04T13:00Z'); // 09:00 in Cuiaba

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function minuteAt(at: number): number {
  const local = toLocal(CUIABA, at);
  return local.hour * 60 + local.minute;
}

/** A day that begins at 09:00, with slots in minutes after that. */
function aDay(
  slots: readonly number[],
  taken: Record<string, readonly number[]>,
  { lengthMs = 60 * MINUTE, spacingMs = MINUTE, zoneOfMinutes = CUIABA } = {},
): DayToAssign {
  return {
    slots: slots.map((minutes) => NINE + minutes * MINUTE),
    contacts: slots.map((_, index) => `c${index}`),
    free: [{ fromMs: NINE, toMs: NINE + lengthMs }],
    spacingMs,
    minutes: {
      zone: zoneOfMinutes,
      taken: new Map(Object.entries(taken).map(([id, minutes]) => [id, new Set(minutes.map((m) => 540 + m))])),
    },
  };
}

const assign = (day: DayToAssign, seed = 'seed'): AssignedSlot[] => assignContacts(randomOf(seed), day);
const minutesOf = (slots: readonly AssignedSlot[]): Record<string, number> =>
  Object.fromEntries(slots.map(({ contactId, atMs }) => [contactId, minuteAt(atMs) - 540]));

describe('who gets which slot', () => {
  it('is the order that was drawn when nobody had a message in the minute of its slot', () => {
    const slots = assign(aDay([0, 10, 20], { c0: [1, 10], c2: [0] }));
    expect(minutesOf(slots)).toEqual({ c0: 0, c1: 10, c2: 20 });
    expect(slots.some((slot) => slot.isSameMinute)).toBe(false);
  });

  it('is exchanged where a contact had that minute, and the instants stay', () => {
    const slots = assign(aDay([0, 10, 20], { c0: [0, 10] }));
    expect(minutesOf(slots)).toEqual({ c0: 20, c1: 10, c2: 0 });
  });

  it('is exchanged with somebody who may have the minute that is left', () => {
    const slots = assign(aDay([0, 10, 20], { c0: [0], c2: [0] }));
    expect(minutesOf(slots)).toEqual({ c0: 10, c1: 0, c2: 20 });
  });

  it('helps both when each has the other one’s minute', () => {
    expect(minutesOf(assign(aDay([0, 10], { c0: [0], c1: [10] })))).toEqual({ c0: 10, c1: 0 });
  });

  it('asks the clocks of the channel, not of the campaign', () => {
    // 09:00 in Cuiaba is 22:00 in Tokyo.
    expect(minutesOf(assign(aDay([0, 10], { c0: [0] }, { zoneOfMinutes: zone('Asia/Tokyo') })))).toEqual({ c0: 0, c1: 10 }); // prettier-ignore
  });

  it('moves a slot for a single recipient of a window of two minutes', () => {
    for (let seed = 0; seed < 50; seed++) {
      const slots = assign(aDay([1], { c0: [1] }, { lengthMs: 2 * MINUTE - 1 }), `seed ${seed}`);
      expect(minutesOf(slots)).toEqual({ c0: 0 });
      expect(slots[0]!.isSameMinute).toBe(false);
    }
  });

  it('moves a slot no nearer to its neighbours than the spacing', () => {
    // Both had every minute but 2 and 9; the neighbours leave 1.0 to 4.0 and 6.0 to 9.5.
    const busy = [0, 1, 3, 4, 5, 6, 7, 8, 10];
    const day = aDay([0, 3, 5, 7], { c0: busy.slice(1), c1: busy, c2: [0, 1, 2, 3, 4, 6, 7], c3: [0, 1, 2, 3, 4, 5, 6, 7, 8] }, { lengthMs: 9.5 * MINUTE }); // prettier-ignore
    for (let seed = 0; seed < 50; seed++) {
      const slots = assign(day, `seed ${seed}`);
      expect(slots.filter((slot) => slot.isSameMinute)).toEqual([]);
      slots.forEach(({ atMs }, i) => expect(atMs - (slots[i - 1]?.atMs ?? -Infinity)).toBeGreaterThanOrEqual(MINUTE));
    }
  });

  it('exchanges and moves when neither alone helps', () => {
    // 0 and 1 are held by c0 and c1. c0 may only have 3, which is beyond c1; c1 may have 0 or 1.
    const day = aDay([0, 1], { c0: [0, 1, 2], c1: [2, 3] }, { lengthMs: 4 * MINUTE - 1, spacingMs: 2 * MINUTE });
    const apart = { ...day, slots: [NINE, NINE + 2 * MINUTE], contacts: ['c0', 'c1'] };
    const slots = assign({ ...apart, minutes: { zone: CUIABA, taken: new Map([['c0', new Set([540, 541, 542])], ['c1', new Set([542, 543])]]) } }); // prettier-ignore
    expect(slots.map(({ contactId }) => contactId)).toEqual(['c1', 'c0']);
    expect(minuteAt(slots[1]!.atMs)).toBe(543);
    expect(slots.some((slot) => slot.isSameMinute)).toBe(false);
  });

  it('leaves everything as it was when moving both did not help', () => {
    // c0 could have 3 if c1 went to 0 or 1, but c1 had those.
    const day = aDay([0, 2], { c0: [0, 1, 2], c1: [0, 1, 3] }, { lengthMs: 4 * MINUTE - 1, spacingMs: 2 * MINUTE });
    expect(assign(day)).toEqual([
      { atMs: NINE, contactId: 'c0', isSameMinute: true },
      { atMs: NINE + 2 * MINUTE, contactId: 'c1', isSameMinute: false },
    ]);
  });

  it('keeps the minute, and says so, when nothing else is possible', () => {
    const slots = assign(aDay([0], { c0: [0, 1] }, { lengthMs: 2 * MINUTE - 1 }));
    expect(slots).toEqual([{ atMs: NINE, contactId: 'c0', isSameMinute: true }]);
  });

  it('without a spacing moves slots past each other and gives them rising', () => {
    const day = aDay([0, 0.1, 0.2], { c0: [0], c1: [0], c2: [0] }, { lengthMs: 2 * MINUTE - 1, spacingMs: 0 });
    const slots = assign(day);
    expect(slots.map((slot) => minuteAt(slot.atMs))).toEqual([541, 541, 541]);
    expect([...slots].sort((a, b) => a.atMs - b.atMs)).toEqual(slots);
  });
});

/** Short windows with many minutes taken: all ways of help are needed. */
const crowdedDays = fc
  .record({
    ends: fc.uniqueArray(fc.nat(12 * 4), { minLength: 2, maxLength: 6 }),
    spacingMs: fc.constantFrom(0, 15_000, MINUTE, 2 * MINUTE),
    wanted: fc.integer({ min: 1, max: 12 }),
    taken: fc.array(fc.uniqueArray(fc.nat(12), { maxLength: 12 }), { minLength: 12, maxLength: 12 }),
    seed: fc.string(),
  })
  .map(({ ends, spacingMs, wanted, taken, seed }) => {
    const quarter = MINUTE / 4;
    const rising = [...ends].sort((a, b) => a - b);
    const free: Stretch[] = Array.from({ length: rising.length >> 1 }, (_, i) => ({
      fromMs: NINE + rising[2 * i]! * quarter,
      toMs: NINE + rising[2 * i + 1]! * quarter,
    }));
    const count = Math.min(wanted, capacityOf(free, spacingMs));
    const slots = drawSlots(randomOf(`${seed}:slots`), free, count, spacingMs);
    const busy = Object.fromEntries(taken.map((minutes, i) => [`c${i}`, minutes]));
    return { seed, day: { ...aDay([], busy), slots, contacts: slots.map((_, i) => `c${i}`), free, spacingMs } };
  });

describe('on any day', () => {
  it('everybody gets one slot, apart and in free time, and who keeps a minute that it had is named', () => {
    fc.assert(
      fc.property(crowdedDays, ({ seed, day }) => {
        const slots = assign(day, seed);
        expect(slots.map((slot) => slot.contactId).sort()).toEqual([...day.contacts].sort());
        slots.forEach(({ atMs, contactId, isSameMinute }, i) => {
          expect(atMs - (slots[i - 1]?.atMs ?? -Infinity)).toBeGreaterThanOrEqual(day.spacingMs);
          expect(day.free.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs)).toBe(true);
          expect(isSameMinute).toBe(day.minutes.taken.get(contactId)!.has(minuteAt(atMs)));
        });
        expect(assign(day, seed)).toEqual(slots);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  it('one contact keeps a minute only when no slot can be put into any other minute', () => {
    fc.assert(
      fc.property(crowdedDays, ({ seed, day }) => {
        const taken = new Map([['c0', day.minutes.taken.get('c0')!]]);
        const slots = assign({ ...day, minutes: { zone: CUIABA, taken } }, seed);
        const { isSameMinute } = slots.find((slot) => slot.contactId === 'c0')!;
        // Anybody may have the place that the contact leaves, so that each slot's room is open to it.
        const isPossible = day.slots.some((at, i) => {
          const own = day.free.find(({ fromMs, toMs }) => fromMs <= at && at <= toMs)!;
          const apart = day.spacingMs > 0;
          const fromMs = Math.max(own.fromMs, apart ? (day.slots[i - 1] ?? -Infinity) + day.spacingMs : -Infinity);
          const toMs = Math.min(own.toMs, apart ? (day.slots[i + 1] ?? Infinity) - day.spacingMs : Infinity);
          const minutes = [toMs, ...Array.from({ length: 13 }, (_, m) => fromMs + m * MINUTE).filter((t) => t <= toMs)];
          return minutes.some((t) => !taken.get('c0')!.has(minuteAt(t)));
        });
        expect(isSameMinute).toBe(!isPossible);
      }),
      { numRuns: 2_000, seed: 2 },
    );
  });

  it('takes no long time when thousands are in each other’s way', () => {
    const count = 5_000;
    const free = [{ fromMs: NINE, toMs: NINE + 100 * MINUTE }];
    const slots = Array.from({ length: count }, (_, i) => NINE + i * 1_200);
    const contacts = slots.map((_, i) => `c${i}`);
    const half = (parity: number): Set<number> => new Set(Array.from({ length: 50 }, (_, i) => 540 + 2 * i + parity));
    const taken = new Map(contacts.map((id, i) => [id, half(i % 2)]));
    const day = { slots, contacts, free, spacingMs: 1_000, minutes: { zone: CUIABA, taken } };
    const startedMs = performance.now();
    const assigned = assign(day);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(assigned.filter((slot) => slot.isSameMinute).length).toBeLessThan(count / 20);
  });
});

describe('the minute of the day', () => {
  it('is what the clocks show', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (at) => expect(minuteOfDay(CUIABA, at)).toBe(minuteAt(at))),
    );
  });
});
