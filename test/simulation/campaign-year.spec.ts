import { isoWeekdayOf, type OpeningHours } from '../../src/core/openings/openings.js';
import { randomOf, type SeededRandom } from '../../src/core/planning/seeded-random.js';
import { makeLanePolicy, type LanePolicy } from '../../src/core/rate-limit/lane.js';
import { offsetAt, parseTimeZone, type TimeZone } from '../../src/core/recurrence/time-zone.js';
import { CampaignWorld, type Disturbance, type Scenario, type Settings } from './campaign-world.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MINUTE = 60_000;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** A zone in which clocks change, and a channel in another one in which they do not. */
const NEW_YORK = zone('America/New_York');
const CUIABA = zone('America/Cuiaba');

function settings(
  fromHour: number,
  toHour: number,
  overrides: Partial<Settings & { weekdays: number[] }> = {},
): Settings {
  const { weekdays = EVERY_DAY, maxPerDay = 1_000, spacingMs = MINUTE } = overrides;
  const window = { fromMinute: fromHour * 60, toMinute: toHour * 60 };
  return { hours: { zone: NEW_YORK, window, weekdays }, maxPerDay, spacingMs };
}

const EDITS = [
  settings(0, 24),
  settings(6, 23, { spacingMs: 45_000 }),
  settings(8, 20, { spacingMs: 30_000, weekdays: [1, 2, 3, 4, 5, 6] }),
  settings(7, 22, { spacingMs: 40_000, maxPerDay: 950 }),
];

function policy(): LanePolicy {
  const made = makeLanePolicy({
    perMinute: 30,
    burst: 5,
    minSpacingSeconds: 0,
    perDay: 1_030,
    perContactPerMinute: null,
  });
  if (!made.ok) throw new Error('the limits are not valid');
  return made.value;
}

const between = (random: SeededRandom, least: number, most: number): number => least + random.below(most - least);

/** Stretches of random lengths from a beginning on, one somewhere in each part of the time. */
function stretches(
  random: SeededRandom,
  count: number,
  days: number,
  leastMs: number,
  mostMs: number,
): [number, number][] {
  return Array.from({ length: count }, (_, i) => {
    const part = (days * DAY) / count;
    const lengthMs = Math.min(between(random, leastMs, mostMs), part / 2);
    const fromMs = Math.floor(i * part + random.uniform() * (part - lengthMs));
    return [fromMs, Math.floor(fromMs + lengthMs)];
  });
}

/** As many days from a date on, with everything that happens in them. */
function aTime(seed: string, days: number, start: string): Scenario {
  const startMs = Date.parse(`${start}T05:00:00Z`);
  const random = randomOf(`${seed}:scenario`);
  const share = days / 365;
  const many = (count: number): number => Math.max(3, Math.round(count * share));
  const pauses = stretches(random, many(9), days, 10 * MINUTE, 2 * DAY);
  const downtimes = stretches(random, many(40), days, MINUTE, 5 * HOUR);
  const edits = stretches(random, many(8), days, 1, 2);
  const disturbances: Disturbance[] = [
    ...pauses.flatMap(([from, to]) => [{ atMs: startMs + from, kind: 'pause' as const }, { atMs: startMs + to, kind: 'resume' as const }]), // prettier-ignore
    ...downtimes.flatMap(([from, to]) => [{ atMs: startMs + from, kind: 'down' as const }, { atMs: startMs + to, kind: 'up' as const }]), // prettier-ignore
    ...edits.map(([at], i) => ({ atMs: startMs + at, kind: 'edit' as const, settings: EDITS[i % EDITS.length]! })),
  ];
  // Now and then several at once.
  const interactive = Array.from({ length: days * 15 }, () => startMs + between(random, 0, days * DAY));
  const bursts = interactive.filter(() => random.below(20) === 0).flatMap((atMs) => [atMs, atMs, atMs + 1_000]);
  const rising = (a: number, b: number): number => a - b;
  return {
    seed,
    startMs,
    contacts: Array.from({ length: days * 1_000 }, (_, i) => `c${i}`),
    settings: settings(6, 23, { spacingMs: 45_000 }),
    channel: {
      policy: policy(),
      hours: { zone: CUIABA, window: { fromMinute: 60, toMinute: 1440 }, weekdays: EVERY_DAY },
    },
    disturbances: disturbances.sort((a, b) => a.atMs - b.atMs),
    interactiveMs: [...interactive, ...bursts].sort(rising),
  };
}

function localAt(of: TimeZone, atUs: number): { day: number; msOfDay: number } {
  const localMs = atUs / 1_000 + offsetAt(of, Math.floor(atUs / 1_000));
  const day = Math.floor(localMs / DAY);
  return { day, msOfDay: localMs - day * DAY };
}

/** The second in which what was planned for the closing time still goes. */
const isOpen = ({ zone: of, window, weekdays }: OpeningHours, atUs: number): boolean => {
  const { day, msOfDay } = localAt(of, atUs);
  const isInWindow = msOfDay >= window.fromMinute * MINUTE && msOfDay <= window.toMinute * MINUTE + 1_000;
  return isInWindow && weekdays.includes(isoWeekdayOf(day));
};

interface Verdict {
  /** The first entry that breaks each rule. */
  readonly broken: Record<string, string>;
  readonly worstLatenessMs: number;
  readonly campaign: readonly string[];
}

/** The gateway's ledger against the promises that were in force when each message went. */
function judge({ ledger }: CampaignWorld, { channel }: Scenario): Verdict {
  const broken: Record<string, string> = {};
  const [perDay, perChannelDay] = [new Map<number, number>(), new Map<number, number>()];
  const count = (counts: Map<number, number>, day: number): number => {
    counts.set(day, (counts.get(day) ?? 0) + 1);
    return counts.get(day)!;
  };
  const campaign: string[] = [];
  let lastUs = -Infinity;
  let worstLatenessUs = 0;
  for (const { atUs, contactId, slot, settings: inForce } of ledger) {
    const check = (rule: string, holds: boolean): void => {
      if (!holds) broken[rule] ??= new Date(atUs / 1_000).toISOString();
    };
    check('the cap of the channel', count(perChannelDay, localAt(CUIABA, atUs).day) <= channel.policy.perDay!);
    check('the hours of the channel', isOpen(channel.hours, atUs));
    if (slot !== null) {
      check('the distance', atUs - lastUs >= inForce.spacingMs * 1_000);
      check('window and weekdays', isOpen(inForce.hours, atUs));
      check('messages a day', count(perDay, localAt(NEW_YORK, atUs).day) <= inForce.maxPerDay);
      check('not before its instant', atUs >= slot.atMs * 1_000);
      worstLatenessUs = Math.max(worstLatenessUs, atUs - slot.atMs * 1_000);
      campaign.push(contactId);
    }
    lastUs = atUs;
  }
  return { broken, worstLatenessMs: worstLatenessUs / 1_000, campaign };
}

describe('a campaign of 1,000 messages a day', () => {
  it('keeps every promise for a year of pauses, edits, downtimes and other messages, and sends everybody one message', () => {
    const scenario = aTime('a year', 365, '2026-01-05');
    const world = new CampaignWorld(scenario);
    world.run();
    const { broken, worstLatenessMs, campaign } = judge(world, scenario);
    expect(broken).toEqual({});
    expect(campaign).toHaveLength(365_000);
    expect(new Set(campaign).size).toBe(365_000);
    // What is later than a minute is planned anew within five seconds.
    expect(worstLatenessMs).toBeLessThan(65_100);
    // The year was no quiet one.
    expect(world.done.plans).toBeGreaterThan(50);
    expect(world.done.moved).toBeGreaterThan(1_000);
    expect(world.ledger.length - campaign.length).toBeGreaterThan(5_000);
  }, 60_000);

  const weeks = Array.from({ length: 12 }, (_, i) => [i, i % 2 === 0 ? '2026-02-27' : '2026-10-25'] as const);
  it.each(weeks)('keeps them in weeks in which clocks change, whatever happens: %d, from %s', (number, start) => {
    const scenario = aTime(`weeks ${number}`, 15, start);
    const world = new CampaignWorld(scenario);
    world.run();
    const { broken, worstLatenessMs, campaign } = judge(world, scenario);
    expect(broken).toEqual({});
    expect([...campaign].sort()).toEqual([...scenario.contacts].sort());
    expect(worstLatenessMs).toBeLessThan(65_100);
  });
});
