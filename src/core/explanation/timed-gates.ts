import { keepsInstantUntil } from '../planning/lateness.js';
import { assertNever } from '../values/result.js';
import type { EpochMicros } from '../values/time.js';
import { deferralOf } from './deferral.js';
import type { ExplanationFacts, QueuedDelivery } from './explanation-facts.js';
import { timedGate, type Gate } from './gate.js';
import { sinceText, untilText } from './time-text.js';

/** The gates of the delivery's own times, and of the times after which it is not sent. */
export function timedGates(facts: ExplanationFacts, queue: QueuedDelivery): readonly Gate[] {
  const readyAtUs = queue.readyAtUs ?? facts.delivery.dueAtUs;
  return [
    ...deadlineGate(facts, queue),
    ...campaignGates(facts, queue),
    dueGate(facts, readyAtUs),
    ...waitingGate(facts, queue, readyAtUs),
  ];
}

function dueGate({ delivery, schedule }: ExplanationFacts, readyAtUs: EpochMicros): Gate {
  const at = sinceText(schedule.timeZone, delivery.dueAtUs);
  return timedGate(
    'DUE_TIME',
    Math.min(delivery.dueAtUs, readyAtUs),
    (until) => `Waits for its time, ${untilText(schedule.timeZone, until)}.`,
    `Its time, ${at}, has come.`,
  );
}

/** What gave it a later instant than its due time. What limits gave is told by the gates of those limits. */
function waitingGate(facts: ExplanationFacts, queue: QueuedDelivery, readyAtUs: EpochMicros): readonly Gate[] {
  const zone = facts.schedule.timeZone;
  if (facts.delivery.state === 'uncertain') {
    const until = (at: EpochMicros) =>
      `${inDoubt(facts)}; it is sent again at ${untilText(zone, at)}, unless a status event or a person settles it before.`;
    return [timedGate('UNCERTAIN', readyAtUs, until, `${inDoubt(facts)}; it is sent again now.`)];
  }
  switch (queue.waitReason) {
    case 'retry':
      return [
        timedGate(
          'RETRY_BACKOFF',
          readyAtUs,
          (at) => `${failed(facts)}; the next one follows at ${untilText(zone, at)}.`,
          `${failed(facts)}; it is time for the next one.`,
        ),
      ];
    case 'rate_limit':
      return deferralOf(facts, queue)?.by === 'former limit' ? [recheckGate(facts, readyAtUs)] : [];
    case 'none':
    case 'paused':
      return readyAtUs <= facts.delivery.dueAtUs ? [] : [recheckGate(facts, readyAtUs)];
    default:
      return assertNever(queue.waitReason);
  }
}

function recheckGate({ schedule }: ExplanationFacts, readyAtUs: EpochMicros): Gate {
  return timedGate('RECHECK', readyAtUs, (at) => `It is looked at again at ${untilText(schedule.timeZone, at)}.`);
}

function failed({ delivery: { attempt, errorCode } }: ExplanationFacts): string {
  return `Attempt ${attempt} failed${errorCode === null ? '' : ` (${errorCode})`}`;
}

function inDoubt({ delivery: { attempt } }: ExplanationFacts): string {
  return `Nobody knows whether the gateway took attempt ${attempt}`;
}

function deadlineGate({ schedule, nowUs }: ExplanationFacts, { expiresAtUs }: QueuedDelivery): readonly Gate[] {
  if (expiresAtUs === null) return [];
  const at = untilText(schedule.timeZone, expiresAtUs);
  return [
    {
      kind: 'EXPIRED',
      opensAt: (atUs) => (atUs < expiresAtUs ? atUs : null),
      closed: () =>
        nowUs < expiresAtUs ? `It expires at ${at}, before it can go.` : `It has expired: it had to go by ${at}.`,
      open: `It expires at ${at} if it has not gone by then.`,
    },
  ];
}

/** Retried, given back, or without room in the whole next year: the campaign gives it an instant when there is one. */
const AWAITING_AN_INSTANT: Gate = {
  kind: 'REPLANNING',
  opensAt: () => null,
  closed: () => 'It has no time at present: its campaign gives it another one as soon as the channel has room.',
  open: null,
};

function campaignGates(facts: ExplanationFacts, queue: QueuedDelivery): readonly Gate[] {
  if (queue.readyAtUs === null && queue.waitReason !== 'paused') return [AWAITING_AN_INSTANT];
  const { nowUs, schedule } = facts;
  const { slotUntilUs } = queue;
  const keeps = keptInstant(facts, queue);
  if (slotUntilUs === null) return keeps === null ? [] : [replanningGate(keeps)];
  const at = untilText(schedule.timeZone, slotUntilUs);
  const isAhead = nowUs < slotUntilUs;
  const closed = isAhead
    ? `The campaign's hours of its day end at ${at}, before it can go: it will get another time.`
    : `The campaign's hours of its day ended at ${at}: it is getting another time.`;
  const within: Kept = { isUntil: (atUs) => atUs < slotUntilUs, endUs: slotUntilUs, closed };
  const replanning = replanningGate(keeps === null ? within : bothOf(within, keeps));
  const hours = timedGate('CAMPAIGN_WINDOW', nowUs, () => '', `The campaign's hours of its day end at ${at}.`);
  return isAhead ? [replanning, hours] : [replanning];
}

/** How long a delivery keeps the instant that its campaign gave it. */
interface Kept {
  readonly isUntil: (atUs: EpochMicros) => boolean;
  readonly endUs: EpochMicros;
  readonly closed: string;
}

/**
 * By its instant: what goes more than a minute late gets another one. Of what could go at this moment nobody knows whether
 * the dispatcher or the planner comes first; it is said to go.
 */
function keptInstant({ delivery, schedule, nowUs }: ExplanationFacts, queue: QueuedDelivery): Kept | null {
  const { slotAtUs, waitReason } = queue;
  if (slotAtUs === null || delivery.state !== 'pending') return null;
  const lateUs = keepsInstantUntil(slotAtUs, waitReason);
  const at = (nowUs < slotAtUs ? untilText : sinceText)(schedule.timeZone, slotAtUs);
  const closed =
    nowUs <= lateUs
      ? `It cannot go within a minute of its time, ${at}: its campaign will give it another one.`
      : `It is more than a minute after its time, ${at}: its campaign is giving it another one.`;
  return { isUntil: (atUs) => atUs <= Math.max(nowUs, lateUs), endUs: lateUs, closed };
}

function bothOf(one: Kept, other: Kept): Kept {
  const { endUs, closed } = one.endUs <= other.endUs ? one : other;
  return { isUntil: (atUs) => one.isUntil(atUs) && other.isUntil(atUs), endUs, closed };
}

function replanningGate({ isUntil, closed }: Kept): Gate {
  return { kind: 'REPLANNING', opensAt: (atUs) => (isUntil(atUs) ? atUs : null), closed: () => closed, open: null };
}
