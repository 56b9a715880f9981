import { distanceKeptAt } from '../dispatch/allocate-permits.js';
import { ALL_WEEKDAYS, windowText } from '../openings/daily-window.js';
import type { OpeningHours } from '../openings/openings.js';
import { isAlwaysOpen } from '../openings/sending-hours.js';
import { permitsAt, requestSlot } from '../rate-limit/gcra.js';
import { laneGates, type LaneGate } from '../rate-limit/lane.js';
import { laneDay } from '../rate-limit/lane-day.js';
import type { EpochMicros } from '../values/time.js';
import { deferralOf, type Deferral } from './deferral.js';
import type { ExplanationFacts, QueuedDelivery } from './explanation-facts.js';
import { timedGate, type Gate } from './gate.js';
import { untilText } from './time-text.js';

const MICROS_PER_SECOND = 1_000_000;
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** The gates of the channel's hours and limits, and of the contact's: the dispatcher's own functions say when they open. */
export function limitGates(facts: ExplanationFacts, queue: QueuedDelivery): readonly Gate[] {
  const everybody = [windowGate(facts), ...heldGate(facts)];
  const distance = spacingGate(facts, queue);
  if (!queue.express) {
    return [...everybody, ...capGate(facts), ...distance, rateGate(facts), contactGate(facts, queue)];
  }
  const rate = timedGate(
    'CHANNEL_RATE',
    facts.nowUs,
    () => '',
    'It does not wait for the limits of its channel and contact.',
  );
  return [...everybody, ...distance, rate];
}

function windowGate(facts: ExplanationFacts): Gate {
  const { hours } = facts.channel;
  return {
    kind: 'WINDOW',
    opensAt: (atUs) => laneGate(facts, 'window', atUs).opensAtUs,
    closed: (until) => `The channel sends ${hoursText(hours)}; it opens at ${zoned(facts, until)}.`,
    open: isAlwaysOpen(hours)
      ? 'The channel sends at any hour.'
      : `The channel sends ${hoursText(hours)}, and does so now.`,
  };
}

function heldGate(facts: ExplanationFacts): readonly Gate[] {
  const { heldUntilUs } = facts.channel;
  if (heldUntilUs <= facts.nowUs) return [];
  const closed = (until: EpochMicros) => `The provider asked the channel for a pause until ${zoned(facts, until)}.`;
  return [timedGate('CHANNEL_HELD', heldUntilUs, closed)];
}

function capGate(facts: ExplanationFacts): readonly Gate[] {
  const { perDay } = facts.channel.policy;
  if (perDay === null) return [];
  const left = laneGate(facts, 'dailyCap', facts.nowUs).permits;
  return [
    {
      kind: 'DAILY_CAP',
      opensAt: (atUs) => laneGate(facts, 'dailyCap', atUs).opensAtUs,
      closed: (until) =>
        `The channel has sent its ${counted(perDay, 'message')} of the day; the next day begins at ${zoned(facts, until)}.`,
      open: `The channel may send ${counted(left, 'more message', 'more messages')} today.`,
    },
  ];
}

/** The channel's own distance and the campaign's; what a campaign was put off to counts even when its reason is gone. */
function spacingGate(facts: ExplanationFacts, queue: QueuedDelivery): readonly Gate[] {
  const { lane, policy } = facts.channel;
  const own = queue.express ? 0 : policy.minSpacingSeconds;
  const seconds = Math.max(own, queue.spacingUs / MICROS_PER_SECOND);
  if (seconds === 0) return [];
  const keptAtUs = Math.max(distanceKeptAt(queue, lane.lastTakenUs), deferredUntil(facts, queue, 'spacing'));
  return [
    {
      kind: 'SPACING',
      opensAt: (atUs) => Math.max(keptAtUs, own === 0 ? 0 : laneGate(facts, 'spacing', atUs).opensAtUs),
      closed: (until) =>
        `It keeps ${counted(seconds, 'second')} of distance from the channel's message before it; that is at ${zoned(facts, until)}.`,
      open: `The channel's message before it is ${counted(seconds, 'second')} away or more.`,
    },
  ];
}

function rateGate(facts: ExplanationFacts): Gate {
  const { permits } = laneGate(facts, 'rate', facts.nowUs);
  const { perMinute } = facts.channel.policy.quota;
  return {
    kind: 'CHANNEL_RATE',
    opensAt: (atUs) => laneGate(facts, 'rate', atUs).opensAtUs,
    closed: (until) =>
      `The channel sends ${counted(perMinute, 'message')} a minute; the next may go at ${zoned(facts, until)}.`,
    open: `The channel allows ${counted(permits, 'more message', 'more messages')} at once.`,
  };
}

function contactGate(facts: ExplanationFacts, queue: QueuedDelivery): Gate {
  const { contactQuota } = facts.channel;
  const deferredUs = deferredUntil(facts, queue, 'contact');
  const permits = permitsAt(contactQuota, facts.contactTatUs, facts.nowUs);
  return {
    kind: 'CONTACT_RATE',
    opensAt: (atUs) => {
      const slot = requestSlot(contactQuota, facts.contactTatUs, atUs);
      return Math.max(deferredUs, slot.kind === 'deferred' ? slot.retryAtUs : atUs);
    },
    closed: (until) =>
      `The contact gets ${counted(contactQuota.perMinute, 'message')} a minute; the next may go at ${zoned(facts, until)}.`,
    open: `The contact may get ${counted(permits, 'more message', 'more messages')} at once.`,
  };
}

function deferredUntil(facts: ExplanationFacts, queue: QueuedDelivery, by: Deferral['by']): EpochMicros {
  const deferral = deferralOf(facts, queue);
  return deferral?.by === by ? deferral.untilUs : 0;
}

function laneGate({ channel }: ExplanationFacts, reason: LaneGate, atUs: EpochMicros) {
  const gates = laneGates(channel.policy, channel.lane, atUs, laneDay(channel.hours, atUs));
  const gate = gates.find((one) => one.reason === reason);
  if (!gate) throw new Error(`a lane has no gate for ${reason}`);
  return gate;
}

function zoned({ channel }: ExplanationFacts, until: EpochMicros | null): string {
  return untilText(channel.hours.zone, until ?? 0);
}

/** "from 08:00 to 20:00, Monday to Friday". */
function hoursText({ window, weekdays }: OpeningHours): string {
  const { from, to } = windowText(window);
  const hours = from === '00:00' && to === '24:00' ? 'at any hour' : `from ${from} to ${to}`;
  return weekdays.length === ALL_WEEKDAYS.length ? hours : `${hours} on ${daysText(weekdays)}`;
}

function daysText(weekdays: readonly number[]): string {
  const names = weekdays.map((day) => WEEKDAYS[day - 1]);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function counted(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;
}
