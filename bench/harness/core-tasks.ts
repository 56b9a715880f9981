import { allocatePermits, type Candidate } from '../../src/core/dispatch/allocate-permits.js';
import { decideOutcome } from '../../src/core/dispatch/decide-outcome.js';
import { writeText } from '../../src/core/dispatch/write-text.js';
import { dayNumberOfText } from '../../src/core/openings/openings.js';
import { openingHoursOf } from '../../src/core/openings/sending-hours.js';
import type { CampaignPlanInput } from '../../src/core/planning/campaign-plan.js';
import { planCampaign } from '../../src/core/planning/plan-campaign.js';
import { requestSlot } from '../../src/core/rate-limit/gcra.js';
import { laneDay } from '../../src/core/rate-limit/lane-day.js';
import { decideLane, makeLanePolicy, takeFromLane, UNUSED_LANE } from '../../src/core/rate-limit/lane.js';
import { contactQuota } from '../../src/core/rate-limit/quota.js';
import { parseCron } from '../../src/core/recurrence/cron-expression.js';
import { nextOccurrence } from '../../src/core/recurrence/next-occurrence.js';
import { parseTimeZone } from '../../src/core/recurrence/time-zone.js';
import { DEFAULT_RETRY_POLICY } from '../../src/core/retry/retry-policy.js';
import type { Result } from '../../src/core/values/result.js';
import type { MicroTask } from './micro.js';

const START_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 67 * 60_000;

/** Instants of some years, in which the clocks change now and then. */
const STEPS = 40_000;

function valueOf<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/**
 * Arithmetic, text and small objects, and nothing of the program: how fast this machine is at the moment. Other times are
 * compared as multiples of it.
 */
export const CALIBRATION: MicroTask = {
  name: 'calibration',
  work: (index) => {
    const parts: { readonly key: string; readonly hash: number }[] = [];
    let hash = 2_166_136_261;
    for (let n = 0; n < 20; n += 1) {
      const key = `key ${(index + n) % 100}`;
      for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 16_777_619);
      parts.push({ key, hash });
    }
    return new Map(parts.map((part) => [part.key, part.hash])).size;
  },
};

/** The decisions that are made for each delivery, claim or schedule. */
export const CORE_TASKS: readonly MicroTask[] = [
  ...textTasks(),
  ...limitTasks(),
  ...occurrenceTasks(),
  retryTask(),
  campaignTask(),
];

function textTasks(): MicroTask[] {
  const contact = {
    name: 'Maria de Souza',
    phone: '+5565981234567',
    email: 'maria@example.com',
    city: 'Cuiabá',
    nickname: 'Mari',
    implicit: false,
  };
  const content =
    'Olá {nome}, sua consulta em {cidade} é {data|em breve}, às {hora}. Responda {{1}} para confirmar, ou ligue para {telefone}.';
  const message = { content, variations: [content, `${content} Até lá!`, `Oi {apelido}! ${content}`] };
  const few = { ...contact, attributes: { data: '12/05', hora: '14:30' } };
  const attributes = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`Campo número ${n}`, `valor ${n}`]));
  const many = { ...contact, attributes: { ...attributes, hora: '14:30' } };
  return [
    { name: 'render', work: (index) => writeText(few, message, index % 3, true) },
    { name: 'render, 20 attributes', work: (index) => writeText(many, message, index % 3, true) },
  ];
}

function limitTasks(): MicroTask[] {
  const limits = { perMinute: 600, burst: 100, minSpacingSeconds: 0, perDay: 1_000_000, perContactPerMinute: null };
  const policy = valueOf(makeLanePolicy(limits));
  const hours = openingHoursOf({
    timeZone: 'America/Cuiaba',
    sendingFromMinute: 480,
    sendingToMinute: 1_200,
    sendingWeekdays: [1, 2, 3, 4, 5, 6],
  });
  const noonUs = Date.UTC(2026, 4, 5, 16) * 1_000;
  let state = UNUSED_LANE;
  const quota = contactQuota(600, null);
  const candidates: Candidate[] = Array.from({ length: 500 }, (_, n) => ({
    contactId: `contact ${n}`,
    contactTatUs: 0,
    express: false,
    spacingUs: 0,
    readyAtUs: 0,
  }));
  return [
    {
      name: 'lane: decide and take',
      work: (index) => {
        const nowUs = noonUs + (index % 10_000) * 100_000;
        const day = laneDay(hours, nowUs);
        const { permits } = decideLane(policy, index % 10_000 === 0 ? UNUSED_LANE : state, nowUs, hours, day);
        state = takeFromLane(policy, index % 10_000 === 0 ? UNUSED_LANE : state, nowUs, Math.min(permits, 1), day);
        return state;
      },
    },
    { name: 'bucket of a contact', work: (index) => requestSlot(quota, noonUs + (index % 7) * 1_000_000, noonUs) },
    {
      name: 'allocate permits, each of 500',
      times: candidates.length,
      work: () => allocatePermits(candidates, { room: 500, permits: 500, lastTakenUs: 0 }, quota, noonUs),
    },
  ];
}

function occurrenceTasks(): MicroTask[] {
  const samples = [
    ['0 9 * * *', 'America/Cuiaba'],
    ['*/5 * * * *', 'America/Cuiaba'],
    ['30 8 * * MON-FRI', 'America/New_York'],
    ['30 2 * * *', 'Europe/Berlin'],
    ['*/10 */2 * * *', 'Australia/Lord_Howe'],
    ['0 9 L * *', 'America/Sao_Paulo'],
    ['0 12 29 2 *', 'UTC'],
  ] as const;
  return samples.map(([text, zoneName]): MicroTask => {
    const expression = valueOf(parseCron(text));
    const zone = valueOf(parseTimeZone(zoneName));
    return {
      name: `nextOccurrence ${text} ${zoneName}`,
      work: (index) => nextOccurrence(expression, zone, START_MS + (index % STEPS) * STEP_MS),
    };
  });
}

function retryTask(): MicroTask {
  const outcome = {
    kind: 'rejected',
    class: 'transient',
    code: 'TEMPORARY',
    detail: 'try again',
    scope: 'message',
    retryAfterMs: 30_000,
  } as const;
  const facts = {
    policy: DEFAULT_RETRY_POLICY,
    guarantee: 'at_most_once',
    idempotentGateway: false,
    doubted: false,
    settleMs: 60_000,
  } as const;
  return {
    name: 'retry decision',
    work: (index) => decideOutcome(outcome, { ...facts, attempt: 1 + (index % 4) }, (index % 100) / 100),
  };
}

function campaignTask(): MicroTask {
  const hours = openingHoursOf({
    timeZone: 'America/Cuiaba',
    sendingFromMinute: 480,
    sendingToMinute: 1_200,
    sendingWeekdays: [1, 2, 3, 4, 5],
  });
  const input: CampaignPlanInput = {
    hours,
    channelHours: null,
    fromMs: Date.UTC(2026, 4, 3),
    startsOn: dayNumberOfText('2026-05-04'),
    lastDay: dayNumberOfText('2027-05-04'),
    maxPerDay: 1_000,
    usedPerDay: new Map(),
    dailyCap: null,
    spacingMs: 30_000,
    reservations: [],
    recipients: Array.from({ length: 10_000 }, (_, n) => `contact ${n}`),
    minutes: { zone: hours.zone, taken: new Map() },
    seed: 'bench',
  };
  return {
    name: 'campaign plan, each of 10,000',
    times: input.recipients.length,
    work: (index) => planCampaign({ ...input, seed: `bench ${index}` }),
  };
}
