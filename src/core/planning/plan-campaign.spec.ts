import { dateText, openingOn } from '../openings/openings.js';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, type DayNumber } from '../recurrence/civil-date.js';
import { parseTimeZone, toLocal, type TimeZone } from '../recurrence/time-zone.js';
import { capacityOfDay } from './campaign-day.js';
import type { CampaignPlan, CampaignPlanInput } from './campaign-plan.js';
import { planCampaign } from './plan-campaign.js';

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const CUIABA = zone('America/Cuiaba');
const TOKYO = zone('Asia/Tokyo');
const day = (text: string): DayNumber => Date.parse(`${text}T00:00Z`) / MS_PER_DAY;
const at = (text: string): number => Date.parse(text);
const contacts = (count: number): string[] => Array.from({ length: count }, (_, i) => `contact ${i}`);
const hours = (fromHour: number, toHour: number, of = CUIABA, weekdays: readonly number[] = EVERY_DAY) => ({
  zone: of,
  window: { fromMinute: fromHour * 60, toMinute: toHour * 60 },
  weekdays,
});

/** From 08:00 to 20:00 in Cuiaba, from Monday, 4 May 2026 on, a minute apart, planned the day before. */
function aCampaign(overrides: Partial<CampaignPlanInput> = {}): CampaignPlanInput {
  return {
    hours: hours(8, 20),
    channelHours: null,
    fromMs: at('2026-05-03T12:00Z'),
    startsOn: day('2026-05-04'),
    lastDay: day('2026-06-30'),
    maxPerDay: 1_000,
    usedPerDay: new Map(),
    dailyCap: null,
    spacingMs: MS_PER_MINUTE,
    reservations: [],
    recipients: contacts(10),
    minutes: { zone: CUIABA, taken: new Map() },
    seed: 'spring',
    ...overrides,
  };
}

function perDay(plan: CampaignPlan): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const slot of plan.slots) counts[dateText(slot.day)] = (counts[dateText(slot.day)] ?? 0) + 1;
  return counts;
}

const localHours = (plan: CampaignPlan, of = CUIABA): number[] => plan.slots.map((slot) => toLocal(of, slot.atMs).hour);

describe('the days of a campaign', () => {
  it('hold 721 from 08:00 to 20:00 at a minute; the other 279 of 1,000 go on the next day', () => {
    const plan = planCampaign(aCampaign({ recipients: contacts(1_000) }));
    expect(perDay(plan)).toEqual({ '2026-05-04': 721, '2026-05-05': 279 });
    expect(plan.slots[0]!.atMs).toBe(at('2026-05-04T12:00Z'));
    expect(plan.slots[720]!.atMs).toBe(at('2026-05-05T00:00Z'));
    expect(plan.unplaced).toEqual([]);
  });

  it('take no more than maxPerDay, less what is used already', () => {
    const usedPerDay = new Map([
      [day('2026-05-05'), 2],
      [day('2026-05-06'), 9],
    ]);
    const plan = planCampaign(aCampaign({ maxPerDay: 4, usedPerDay }));
    expect(perDay(plan)).toEqual({ '2026-05-04': 4, '2026-05-05': 2, '2026-05-07': 4 });
  });

  it('are the allowed weekdays up to the last day; who is left then is unplaced, in the order of the audience', () => {
    const input = aCampaign({ hours: hours(8, 20, CUIABA, [2, 4]), lastDay: day('2026-05-08'), maxPerDay: 3 });
    const plan = planCampaign(input);
    expect(perDay(plan)).toEqual({ '2026-05-05': 3, '2026-05-07': 3 });
    const placed = new Set(plan.slots.map((slot) => slot.contactId));
    expect(plan.unplaced).toEqual(input.recipients.filter((id) => !placed.has(id)));
    expect(plan.unplaced).toHaveLength(4);
  });

  it('begin with startsOn, also when that is long past', () => {
    expect(planCampaign(aCampaign({ startsOn: day('2026-05-10') })).slots[0]!.day).toBe(day('2026-05-10'));
    expect(planCampaign(aCampaign({ startsOn: day('2020-01-01') })).slots[0]!.day).toBe(day('2026-05-03'));
  });

  it('are those of the zone, with 23 and 25 hours', () => {
    const york = zone('America/New_York');
    const whole = { ...hours(0, 24, york), weekdays: EVERY_DAY };
    const dates = ['2026-03-07', '2026-03-08', '2026-10-31', '2026-11-01'];
    expect(dates.map((date) => capacityOfDay(whole, null, day(date), MS_PER_MINUTE))).toEqual([
      1_440, 1_380, 1_440, 1_500,
    ]);
    const plan = planCampaign(aCampaign({ hours: whole, startsOn: day('2026-11-01'), lastDay: day('2026-11-01'), maxPerDay: 2_000, recipients: contacts(1_500) })); // prettier-ignore
    expect(plan.slots).toHaveLength(1_500);
  });

  it('are none when the hours never open', () => {
    const plan = planCampaign(aCampaign({ channelHours: hours(21, 23) }));
    expect(plan).toEqual({ slots: [], unplaced: contacts(10), sameMinute: [] });
    expect(capacityOfDay(hours(8, 20), hours(21, 23), day('2026-05-04'), MS_PER_MINUTE)).toBe(0);
    expect(capacityOfDay(hours(8, 20), null, day('2026-05-04'), 0)).toBe(Infinity);
  });

  it('need no recipients', () => {
    expect(planCampaign(aCampaign({ recipients: [] }))).toEqual({ slots: [], unplaced: [], sameMinute: [] });
  });
});

describe('the hours of a campaign', () => {
  it('are those that the channel has too, in its zone, and a slot knows when the first of both closes', () => {
    // 08:00 to 20:00 in Cuiaba is 21:00 to 09:00 in Tokyo.
    const plan = planCampaign(
      aCampaign({ channelHours: hours(6, 23, TOKYO), recipients: contacts(200), maxPerDay: 200 }),
    );
    expect(perDay(plan)).toEqual({ '2026-05-04': 200 });
    expect(new Set(localHours(plan, TOKYO))).toEqual(new Set([21, 22, 6, 7, 8]));
    for (const { atMs, closesAtMs } of plan.slots) {
      expect(closesAtMs).toBe(
        atMs <= at('2026-05-04T14:00Z') ? at('2026-05-04T14:00:01Z') : at('2026-05-05T00:00:01Z'),
      );
    }
  });

  it('go on over the channel’s midnight when it sends on both dates', () => {
    const week = { ...hours(0, 24, TOKYO), weekdays: [1, 2, 3, 4, 5] };
    const plan = planCampaign(aCampaign({ channelHours: week, recipients: contacts(721) }));
    expect(perDay(plan)).toEqual({ '2026-05-04': 721 });
    // Friday afternoon in Cuiaba is Saturday in Tokyo.
    expect(capacityOfDay(hours(8, 20), week, day('2026-05-08'), MS_PER_MINUTE)).toBe(180);
  });

  it('of a day that has begun go on at the next hundredth of the window, five minutes at most', () => {
    const first = (fromMs: number, overrides: Partial<CampaignPlanInput> = {}): string => {
      const plan = planCampaign(aCampaign({ fromMs, startsOn: day('2026-05-04'), recipients: contacts(1_000), ...overrides })); // prettier-ignore
      return new Date(plan.slots[0]!.atMs).toISOString().slice(11, 19);
    };
    const full = { recipients: contacts(5_000), maxPerDay: 100_000, spacingMs: 1 };
    expect(first(at('2026-05-04T14:00:00.000Z'), full)).toBe('14:00:00');
    expect(first(at('2026-05-04T14:00:00.001Z'), { ...full, spacingMs: 9_000 })).toBe('14:05:00');
    expect(first(at('2026-05-04T14:05:00.000Z'), { ...full, spacingMs: 9_000 })).toBe('14:05:00');
    // An hour has steps of 36 seconds, a minute of one.
    expect(first(at('2026-05-04T12:00:37Z'), { hours: hours(8, 9), maxPerDay: 100_000, spacingMs: 4_000 })).toBe(
      '12:01:12',
    );
    const minute = { ...hours(8, 9), window: { fromMinute: 480, toMinute: 481 } };
    expect(first(at('2026-05-04T12:00:37.500Z'), { hours: minute, maxPerDay: 100_000, spacingMs: 1_000 })).toBe(
      '12:00:38',
    );
  });

  it('of a day that has begun give the same plan a few seconds later', () => {
    const shown = planCampaign(aCampaign({ fromMs: at('2026-05-04T14:01:10Z'), recipients: contacts(50) }));
    const made = planCampaign(aCampaign({ fromMs: at('2026-05-04T14:01:40Z'), recipients: contacts(50) }));
    expect(made).toEqual(shown);
  });

  it('are over in the second after the closing time', () => {
    const plan = planCampaign(aCampaign({ fromMs: at('2026-05-05T00:00:00.500Z') }));
    expect(plan.slots[0]!.day).toBe(day('2026-05-05'));
  });
});

describe('other messages of the channel', () => {
  it('keep the larger of both distances, and a block is busy as long as it lasts', () => {
    const reservations = [
      { atMs: at('2026-05-04T13:00Z'), untilMs: at('2026-05-04T13:00Z'), spacingMs: 0 },
      { atMs: at('2026-05-04T15:00Z'), untilMs: at('2026-05-04T15:00Z'), spacingMs: 10 * MS_PER_MINUTE },
      { atMs: at('2026-05-04T18:00Z'), untilMs: at('2026-05-04T19:00Z'), spacingMs: 0 },
    ];
    // 08:00–08:59, 09:01–10:50, 11:10–13:59, 15:01–20:00: a slot a minute.
    const plan = planCampaign(aCampaign({ reservations, recipients: contacts(1_000), lastDay: day('2026-05-04') }));
    expect(plan.slots).toHaveLength(60 + 110 + 170 + 300);
  });

  it('change nothing by the order in which they are given', () => {
    const reservations = Array.from({ length: 50 }, (_, i) => ({
      atMs: at('2026-05-04T12:00Z') + ((i * 37) % 50) * 13 * MS_PER_MINUTE,
      untilMs: at('2026-05-04T12:00Z') + ((i * 37) % 50) * 13 * MS_PER_MINUTE + (i % 3) * 90_000,
      spacingMs: (i % 4) * 40_000,
    }));
    const input = aCampaign({ reservations, recipients: contacts(300) });
    expect(planCampaign({ ...input, reservations: [...reservations].reverse() })).toEqual(planCampaign(input));
  });

  it('of the same campaign are a spacing away over midnight too', () => {
    const input = aCampaign({
      hours: hours(0, 24),
      spacingMs: 7 * MS_PER_HOUR,
      recipients: contacts(40),
      lastDay: day('2026-12-31'),
    });
    for (let round = 0; round < 20; round++) {
      const { slots, unplaced } = planCampaign({ ...input, seed: `night ${round}` });
      expect(unplaced).toEqual([]);
      slots.forEach(({ atMs }, i) => expect(atMs - (slots[i - 1]?.atMs ?? -Infinity)).toBeGreaterThanOrEqual(7 * MS_PER_HOUR)); // prettier-ignore
    }
  });
});

describe('the cap of the channel', () => {
  const cap = (of: TimeZone, perDayOfChannel: number, used: Record<string, number> = {}) => ({
    zone: of,
    perDay: perDayOfChannel,
    used: new Map(Object.entries(used).map(([date, count]) => [day(date), count])),
  });
  const byDate = (plan: CampaignPlan, of: TimeZone): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { atMs } of plan.slots) {
      const { year, month, day: date } = toLocal(of, atMs);
      const key = [year, month, date].map((n) => String(n).padStart(2, '0')).join('-');
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  };

  it('counts what is used of a date, and what the plan uses of it', () => {
    const plan = planCampaign(aCampaign({ dailyCap: cap(CUIABA, 6, { '2026-05-04': 3 }) }));
    expect(perDay(plan)).toEqual({ '2026-05-04': 3, '2026-05-05': 6, '2026-05-06': 1 });
  });

  it('holds for each of two dates of the channel that a day touches', () => {
    const plan = planCampaign(aCampaign({ dailyCap: cap(TOKYO, 5), recipients: contacts(60) }));
    expect(plan.unplaced).toEqual([]);
    for (const count of Object.values(byDate(plan, TOKYO))) expect(count).toBeLessThanOrEqual(5);
  });

  it('of one date that is used up leaves the other one open', () => {
    const used = { '2026-05-04': 5 };
    const plan = planCampaign(aCampaign({ dailyCap: cap(TOKYO, 5, used), recipients: contacts(5) }));
    expect(byDate(plan, TOKYO)).toEqual({ '2026-05-05': 5 });
    expect(perDay(plan)).toEqual({ '2026-05-04': 5 });
  });
});

describe('the minute of the day', () => {
  it('is none that the contact had lately, where another one is possible', () => {
    const recipients = contacts(400);
    const taken = new Map(recipients.map((id, i) => [id, new Set(Array.from({ length: 31 }, (_, k) => 480 + ((i * 7 + k * 23) % 720)))])); // prettier-ignore
    const plan = planCampaign(aCampaign({ recipients, minutes: { zone: CUIABA, taken } }));
    expect(plan.sameMinute).toEqual([]);
    for (const { contactId, atMs } of plan.slots) {
      const local = toLocal(CUIABA, atMs);
      expect(taken.get(contactId)!.has(local.hour * 60 + local.minute)).toBe(false);
    }
    // They swapped: the instants are the same as if there were no such rule.
    const free = planCampaign(aCampaign({ recipients }));
    expect(plan.slots.map((slot) => slot.atMs)).toEqual(free.slots.map((slot) => slot.atMs));
    expect(plan.slots.map((slot) => slot.contactId)).not.toEqual(free.slots.map((slot) => slot.contactId));
  });

  it('is kept, and the contact named, when the window has no other', () => {
    const minute = { ...hours(8, 9), window: { fromMinute: 480, toMinute: 481 } };
    const taken = new Map([['contact 0', new Set([480, 481])]]);
    const plan = planCampaign(
      aCampaign({ hours: minute, recipients: ['contact 0'], minutes: { zone: CUIABA, taken } }),
    );
    expect(plan.sameMinute).toEqual(['contact 0']);
    expect(plan.slots).toHaveLength(1);
  });
});

describe('the seed', () => {
  it('gives the same plan again, and another seed another one', () => {
    const input = aCampaign({ recipients: contacts(100) });
    expect(planCampaign(input)).toEqual(planCampaign(aCampaign({ recipients: contacts(100) })));
    const other = planCampaign({ ...input, seed: 'autumn' });
    expect(other.slots.map((slot) => slot.atMs)).not.toEqual(planCampaign(input).slots.map((slot) => slot.atMs));
    expect(other.slots.map((slot) => slot.contactId)).not.toEqual(
      planCampaign(input).slots.map((slot) => slot.contactId),
    );
  });

  it('gives everybody each place of the day as often as the others', () => {
    const counts = new Array<number>(10).fill(0);
    for (let round = 0; round < 5_000; round++) {
      const plan = planCampaign(aCampaign({ seed: `round ${round}` }));
      counts[plan.slots.findIndex((slot) => slot.contactId === 'contact 0')]! += 1;
    }
    // 9 degrees of freedom, p = 1e-4.
    expect(counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0)).toBeLessThan(33.7);
  });

  // What was shown to a person is executed later: a change here changes plans that were confirmed.
  it('gives the instants that it always gave', () => {
    const plan = planCampaign(aCampaign({ recipients: contacts(3) }));
    expect(plan.slots.map(({ atMs, contactId }) => `${new Date(atMs).toISOString()} ${contactId}`)).toEqual([
      '2026-05-04T17:51:52.176Z contact 1',
      '2026-05-04T20:51:38.424Z contact 0',
      '2026-05-04T23:36:54.530Z contact 2',
    ]);
    expect(plan.slots[0]!.closesAtMs).toBe(openingOn(hours(8, 20), day('2026-05-04'))!.closedFromMs);
  });
});
