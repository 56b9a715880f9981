import type { CampaignPlanInput } from '../src/core/planning/campaign-plan.js';
import type { Reservation } from '../src/core/planning/free-time.js';
import { planCampaign } from '../src/core/planning/plan-campaign.js';
import { parseTimeZone, type TimeZone } from '../src/core/recurrence/time-zone.js';
import type { BenchOptions } from './main.js';

const MS_PER_DAY = 86_400_000;
const FIRST_DAY = Date.parse('2026-05-04') / MS_PER_DAY;
const SENDING_START_MS = Date.parse('2026-05-04T04:00Z');

/** How long it takes to plan campaigns, one after the other, each with a seed of its own. */
export function planning({ small }: BenchOptions): Promise<void> {
  const rounds = small ? 2 : 50;
  const size = small ? 0.01 : 1;
  const [day, year] = [Math.ceil(1_000 * size), Math.ceil(100_000 * size)];
  measure('a day', rounds, aCampaign(day));
  measure('two days, 08:00 to 20:00', rounds, aCampaign(day, { hours: hoursOf(480, 1200) }));
  measure('a day, 500 reservations', rounds, aCampaign(Math.ceil(300 * size), { reservations: reservations(500, 1) }));
  measure('a day, contacts with 31 minutes', rounds, aCampaign(day, { minutes: takenMinutes(day) }));
  measure('100 days', Math.ceil(rounds / 5), aCampaign(year));
  measure(
    '100 days, 500 reservations',
    Math.ceil(rounds / 5),
    aCampaign(year, { reservations: reservations(500, 100) }),
  );
  measure(
    '100 days, contacts with 31 minutes',
    Math.ceil(rounds / 5),
    aCampaign(year, { minutes: takenMinutes(year) }),
  );
  return Promise.resolve();
}

function measure(what: string, rounds: number, input: CampaignPlanInput): void {
  const took: number[] = [];
  let placed = 0;
  // The first plans are made by code that is not compiled yet.
  for (let round = -Math.ceil(rounds / 5); round < rounds; round++) {
    const startedMs = performance.now();
    placed = planCampaign({ ...input, seed: `${what} ${round}` }).slots.length;
    if (round >= 0) took.push(performance.now() - startedMs);
  }
  took.sort((a, b) => a - b);
  const at = (share: number): string => took[Math.max(0, Math.ceil(share * took.length) - 1)]!.toFixed(2);
  console.log(`planning: ${placed} messages, ${what}: min ${at(0)} ms, p50 ${at(0.5)} ms, max ${at(1)} ms`);
}

/** 1,000 a day, a minute apart, at any hour in Cuiaba. */
function aCampaign(recipients: number, overrides: Partial<CampaignPlanInput> = {}): CampaignPlanInput {
  return {
    hours: hoursOf(0, 1440),
    channelHours: null,
    fromMs: SENDING_START_MS,
    startsOn: FIRST_DAY,
    lastDay: FIRST_DAY + 366,
    maxPerDay: 1_000,
    usedPerDay: new Map(),
    dailyCap: { zone: zone(), perDay: 1_000, used: new Map() },
    spacingMs: 60_000,
    reservations: [],
    recipients: Array.from({ length: recipients }, (_, index) => `contact ${index}`),
    minutes: { zone: zone(), taken: new Map() },
    seed: '',
    ...overrides,
  };
}

function hoursOf(fromMinute: number, toMinute: number): CampaignPlanInput['hours'] {
  return { zone: zone(), window: { fromMinute, toMinute }, weekdays: [1, 2, 3, 4, 5, 6, 7] };
}

function reservations(count: number, days: number): Reservation[] {
  return Array.from({ length: count }, (_, index) => {
    const atMs =
      SENDING_START_MS + Math.floor(((index + 0.5) * days * MS_PER_DAY) / count) + ((index * 7_919) % 60_000);
    return { atMs, untilMs: atMs, spacingMs: 0 };
  });
}

function takenMinutes(contacts: number): CampaignPlanInput['minutes'] {
  const minutesOf = (index: number): Set<number> =>
    new Set(Array.from({ length: 31 }, (_, before) => (index * 37 + before * 101) % 1_440));
  return {
    zone: zone(),
    taken: new Map(Array.from({ length: contacts }, (_, index) => [`contact ${index}`, minutesOf(index)])),
  };
}

function zone(): TimeZone {
  const parsed = parseTimeZone('America/Cuiaba');
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}
