import { explainDelivery } from '../../src/core/explanation/explain-delivery.js';
import { dateText } from '../../src/core/openings/openings.js';
import type { CampaignPlanInput } from '../../src/core/planning/campaign-plan.js';
import { planCampaign } from '../../src/core/planning/plan-campaign.js';
import { laneDay } from '../../src/core/rate-limit/lane-day.js';
import { MS_PER_DAY, MS_PER_MINUTE } from '../../src/core/recurrence/civil-date.js';
import { parseCron, type CronExpression } from '../../src/core/recurrence/cron-expression.js';
import { describeOccurrence } from '../../src/core/recurrence/describe-occurrence.js';
import { decideFire } from '../../src/core/recurrence/misfire.js';
import { nextRuns } from '../../src/core/recurrence/next-occurrence.js';
import { startOfNextLocalDay, toLocal } from '../../src/core/recurrence/time-zone.js';
import { localInstant } from '../../src/core/scheduling/contact-time.js';
import { bucketStarts } from '../../src/core/statistics/bucket-starts.js';
import { hours, NOW, someFacts, zoneOf } from '../support/core/explanation-facts.js';

const SAO_PAULO = 'America/Sao_Paulo';
const AUCKLAND = 'Pacific/Auckland';
const NEW_YORK = 'America/New_York';

/** Around clocks that change: here, in the zones of the processes that ask, and where no clock changes. */
const OCCURRENCES: readonly (readonly [string, string, string])[] = [
  ['30 1 * * *', NEW_YORK, '2026-10-31T12:00:00Z'],
  ['30 2 * * *', NEW_YORK, '2026-03-07T12:00:00Z'],
  ['*/30 * * * *', AUCKLAND, '2026-04-04T13:00:00Z'],
  ['30 2 * * *', AUCKLAND, '2026-09-26T00:00:00Z'],
  ['0 0 * * *', SAO_PAULO, '2018-11-03T12:00:00Z'],
  ['0 9 L * *', 'America/Cuiaba', '2026-01-31T13:00:01Z'],
];

function cron(text: string): CronExpression {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function occurrences() {
  return OCCURRENCES.map(([text, place, after]) =>
    nextRuns(cron(text), zoneOf(place), Date.parse(after), 6).map((at) =>
      describeOccurrence(cron(text), zoneOf(place), at),
    ),
  );
}

function fire() {
  return decideFire({
    expression: cron('30 2 * * *'),
    zone: zoneOf(NEW_YORK),
    dueAt: Date.parse('2026-03-07T07:30:00Z'),
    now: Date.parse('2026-03-09T06:31:00Z'),
    startsAt: null,
    endsAt: null,
    maxRuns: null,
    runCount: 0,
    policy: 'ALL',
    graceMs: null,
    dst: { dstGap: 'RUN_AT_GAP_END', dstOverlap: 'FIRST' },
  });
}

/** A week over the night in which clocks go forward in New York. */
function plan() {
  const zone = zoneOf(NEW_YORK);
  const input: CampaignPlanInput = {
    hours: { zone, window: { fromMinute: 60, toMinute: 4 * 60 }, weekdays: [1, 3, 5, 6, 7] },
    channelHours: hours(),
    fromMs: Date.parse('2026-03-06T12:00Z'),
    startsOn: Date.parse('2026-03-07T00:00Z') / MS_PER_DAY,
    lastDay: Date.parse('2026-03-13T00:00Z') / MS_PER_DAY,
    maxPerDay: 10,
    usedPerDay: new Map(),
    dailyCap: null,
    spacingMs: MS_PER_MINUTE,
    reservations: [],
    recipients: Array.from({ length: 25 }, (_, index) => `contact ${index}`),
    minutes: { zone, taken: new Map() },
    seed: 'spring',
  };
  const { slots, unplaced } = planCampaign(input);
  return { slots: slots.map((slot) => [slot.contactId, slot.atMs, dateText(slot.day)]), unplaced };
}

function calendar() {
  const around = ['2026-03-08T06:30:00Z', '2026-04-04T14:30:00Z', '2018-11-04T02:30:00Z'].map((text) =>
    Date.parse(text),
  );
  return [NEW_YORK, AUCKLAND, SAO_PAULO].flatMap((place) =>
    around.map((at) => [
      toLocal(zoneOf(place), at),
      startOfNextLocalDay(zoneOf(place), at),
      localInstant(at, zoneOf(place), zoneOf('Asia/Tokyo')),
      bucketStarts(at, at + 3 * MS_PER_DAY, 'DAY', zoneOf(place)),
      laneDay(hours({ timeZone: place, sendingFromMinute: 480, sendingToMinute: 1_200 }), at * 1_000),
    ]),
  );
}

/** What decisions about times come to; nothing that they may not depend on comes in. */
export function coreAnswers(): unknown {
  const closed = hours({ timeZone: AUCKLAND, sendingFromMinute: 480, sendingToMinute: 540 });
  return {
    occurrences: occurrences(),
    fire: fire(),
    plan: plan(),
    calendar: calendar(),
    explanation: explainDelivery(someFacts({ channel: { hours: closed }, delivery: { dueAtUs: NOW } })),
  };
}
