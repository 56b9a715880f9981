import type {
  ExplainedChannel,
  ExplainedDelivery,
  ExplainedSchedule,
  ExplanationFacts,
  QueuedDelivery,
} from '../../../src/core/explanation/explanation-facts.js';
import { openingHoursOf, type StoredSendingHours } from '../../../src/core/openings/sending-hours.js';
import { makeLanePolicy, UNUSED_LANE, type LanePolicy } from '../../../src/core/rate-limit/lane.js';
import { contactQuota } from '../../../src/core/rate-limit/quota.js';
import { parseTimeZone, type TimeZone } from '../../../src/core/recurrence/time-zone.js';

/** Monday, 23 November 2026, 10:00 in Cuiabá. */
export const NOW = Date.parse('2026-11-23T14:00:00Z') * 1_000;
export const SECOND = 1_000_000;

/** The instant of an ISO 8601 text, in microseconds. */
export function us(text: string): number {
  return Date.parse(text) * 1_000;
}

export function zoneOf(name: string): TimeZone {
  const zone = parseTimeZone(name);
  if (!zone.ok) throw new Error(`the test names an unknown zone: ${name}`);
  return zone.value;
}

/** Hours of a channel in Cuiabá; any hour unless told otherwise. */
export function hours(stored: Partial<StoredSendingHours> = {}) {
  return openingHoursOf({
    timeZone: 'America/Cuiaba',
    sendingFromMinute: null,
    sendingToMinute: null,
    sendingWeekdays: [1, 2, 3, 4, 5, 6, 7],
    ...stored,
  });
}

export interface Limits {
  readonly perMinute?: number;
  readonly burst?: number;
  readonly minSpacingSeconds?: number;
  readonly perDay?: number | null;
}

export function lanePolicy(limits: Limits = {}): LanePolicy {
  const all = { perMinute: 60, burst: 5, minSpacingSeconds: 0, perDay: null, perContactPerMinute: null, ...limits };
  const policy = makeLanePolicy(all);
  if (!policy.ok) throw new Error('the test asks for an impossible policy');
  return policy.value;
}

/** What a test says about a delivery; the rest is one that is due and goes now. */
export interface FactsInput {
  readonly delivery?: Partial<ExplainedDelivery>;
  /** null: nothing is left to be done for it. */
  readonly queue?: Partial<QueuedDelivery> | null;
  readonly schedule?: Partial<ExplainedSchedule>;
  readonly channel?: Partial<ExplainedChannel>;
  readonly contact?: Partial<ExplanationFacts['contact']>;
  readonly message?: Partial<ExplanationFacts['message']>;
}

export function someFacts(
  input: FactsInput & Partial<Omit<ExplanationFacts, keyof FactsInput>> = {},
): ExplanationFacts {
  const { delivery, queue, schedule, channel, contact, message, ...rest } = input;
  return {
    nowUs: NOW,
    isProcessing: true,
    delivery: {
      state: 'pending',
      dueAtUs: NOW - 60 * SECOND,
      attempt: 0,
      variation: null,
      calledAtUs: null,
      sentAtUs: null,
      deliveredAtUs: null,
      readAtUs: null,
      failedAtUs: null,
      errorCode: null,
      errorMessage: null,
      ...delivery,
    },
    queue:
      queue === null
        ? null
        : {
            waitReason: 'none',
            priority: 0,
            readyAtUs: delivery?.dueAtUs ?? NOW - 60 * SECOND,
            expiresAtUs: null,
            slotAtUs: null,
            slotUntilUs: null,
            spacingUs: 0,
            express: false,
            cancelRequested: false,
            ...queue,
          },
    schedule: {
      status: 'PROCESSING',
      timeZone: zoneOf('America/Cuiaba'),
      useNicknames: true,
      expiresAfterSeconds: null,
      ...schedule,
    },
    channel: {
      status: 'ACTIVE',
      statusReason: null,
      hours: hours(),
      policy: lanePolicy(),
      contactQuota: contactQuota(60, null),
      lane: UNUSED_LANE,
      heldUntilUs: 0,
      ...channel,
    },
    contact: {
      name: 'Ana',
      phone: '+5565981234567',
      email: null,
      city: null,
      attributes: {},
      nickname: null,
      implicit: false,
      optedOut: false,
      deleted: false,
      ...contact,
    },
    contactTatUs: 0,
    message: { status: 'ACTIVE', content: 'Olá {nome}', variations: [], ...message },
    ahead: { now: 0, express: 0, atItsTime: 0 },
    aheadSpaced: [],
    cancelledBy: null,
    ...rest,
  };
}
