import { dayNumberAt } from '../openings/openings.js';
import type { DayNumber } from '../recurrence/civil-date.js';
import { startOfNextLocalDay } from '../recurrence/time-zone.js';
import type { DurationMs, EpochMs } from '../values/time.js';
import type { DailyCap } from './campaign-plan.js';
import { capacityOf, within, type Stretch } from './free-time.js';

/** A part of a day's free time and how many slots may be drawn into it. */
export interface Allowance {
  readonly free: readonly Stretch[];
  readonly count: number;
}

/** Keeps count of a channel's cap while days are planned. */
export interface ChannelCap {
  /** What of a day's free time may be used, for at most `wanted` slots, so that no date of the channel gets too many. */
  allow(free: readonly Stretch[], wanted: number): Allowance;
  /** Counts slots, rising, that were planned by an allowance. */
  use(slots: readonly EpochMs[]): void;
}

/** A date of the channel as instants. */
interface ChannelDate extends Stretch {
  readonly day: DayNumber;
}

/**
 * The count of a channel's cap; without one only the capacity of the free time bounds a day.
 *
 * A day of a campaign in another zone may touch two dates of the channel. It then gets as many slots as both have left,
 * anywhere; or, where that is more, the slots of one of the dates alone. Either is safe, and a date whose cap is used up
 * does not close the other.
 */
export function channelCap(cap: DailyCap | null, spacingMs: DurationMs): ChannelCap {
  const bounded = (free: readonly Stretch[], most: number): Allowance => ({
    free,
    count: Math.min(most, capacityOf(free, spacingMs)),
  });
  if (cap === null) return { allow: bounded, use: () => undefined };
  const used = new Map(cap.used);
  const leftOf = (date: ChannelDate): number => Math.max(0, cap.perDay - (used.get(date.day) ?? 0));
  return {
    allow(free, wanted) {
      const dates = datesOf(cap, free);
      const choices = dates.map((date) => bounded(within(free, date), Math.min(wanted, leftOf(date))));
      if (dates.length > 1) choices.unshift(bounded(free, Math.min(wanted, ...dates.map(leftOf))));
      return choices.reduce((best, choice) => (choice.count > best.count ? choice : best), NOTHING);
    },
    use(slots) {
      for (const date of datesOf(cap, slotsAsTime(slots))) {
        const own = slots.filter((slot) => slot >= date.fromMs && slot <= date.toMs).length;
        used.set(date.day, (used.get(date.day) ?? 0) + own);
      }
    },
  };
}

const NOTHING: Allowance = { free: [], count: 0 };

function slotsAsTime(slots: readonly EpochMs[]): Stretch[] {
  return slots.length === 0 ? [] : [{ fromMs: slots[0]!, toMs: slots.at(-1)! }];
}

/** The dates of the channel that some time touches, mostly one. */
function datesOf({ zone }: DailyCap, time: readonly Stretch[]): ChannelDate[] {
  const dates: ChannelDate[] = [];
  const lastMs = time.at(-1)?.toMs ?? -Infinity;
  for (let at = time[0]?.fromMs ?? Infinity; at <= lastMs;) {
    const next = startOfNextLocalDay(zone, at);
    dates.push({ day: dayNumberAt(zone, at), fromMs: at, toMs: next - 1 });
    at = next;
  }
  return dates;
}
