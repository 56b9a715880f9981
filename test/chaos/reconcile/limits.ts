import type { CallEntry } from '../gateway/ledger.js';
import type { ChannelRow } from '../history.js';
import { grouped, type Indexed } from './indexed.js';
import type { Violation } from './violation.js';

/** Times are read in whole milliseconds. */
const READING_MS = 1;

const MS_PER_SECOND = 1_000;

/**
 * Calls for which the time between permit and call is bounded: all but those that a stop may have caught between the last
 * look at the permit and the first byte, of each stop and channel at most one. Were it more, the look would be missing.
 */
export function timelyCalls(history: Indexed, lateMs: number): readonly CallEntry[] {
  const stops = history.faults.filter((fault) => fault.kind === 'stopShort' || fault.kind === 'stopLong');
  const caught = new Set(
    stops.flatMap(({ fromMs, untilMs }) => {
      const after = history.calls.filter((call) => call.atMs >= untilMs - READING_MS && call.atMs <= untilMs + lateMs);
      const held = after.filter(({ deliveryId, attempt }) =>
        history.attemptsOf(deliveryId).some((row) => row.number === attempt && row.startedAtMs <= fromMs + READING_MS),
      );
      return [...new Map([...held].reverse().map((call) => [call.channelId, call])).values()];
    }),
  );
  return history.calls.filter((call) => !caught.has(call));
}

/** Of a channel and a local date. */
export interface CapUse {
  readonly channel: ChannelRow;
  readonly day: string;
  readonly calls: number;
}

/**
 * Calls of each local date of the channels with a cap. A call in the first `lateMs` of a date may be on a permit of the
 * date before, and counts for none. A permit that was given back had no call.
 */
export function capUses(history: Indexed, lateMs: number): CapUse[] {
  const callsOf = grouped(history.calls, (call) => call.channelId);
  return history.channels.flatMap((channel) => {
    if (channel.perDay === null) return [];
    const dateOf = localDates(channel.timeZone);
    const certain = callsOf(channel.id).filter(({ atMs }) => dateOf(atMs) === dateOf(atMs - lateMs));
    const byDay = grouped(certain, (call) => dateOf(call.atMs));
    return [...new Set(certain.map((call) => dateOf(call.atMs)))].map((day) => ({
      channel,
      day,
      calls: byDay(day).length,
    }));
  });
}

/** I18: no local date has more calls than its channel's cap. */
export function overfullDays(history: Indexed, lateMs: number): Violation[] {
  return capUses(history, lateMs)
    .filter(({ channel, calls }) => calls > (channel.perDay ?? Infinity))
    .map(({ channel, day, calls }) => ({
      invariant: 'I18',
      subject: channel.id,
      what: `${calls} calls on ${day}, of ${channel.perDay ?? 'any number'} a day`,
    }));
}

/** Two calls of a channel with a distance, one after the other. */
export interface SpacedPair {
  readonly channel: ChannelRow;
  readonly second: CallEntry;
  readonly apartMs: number;
}

export function spacedPairs(history: Indexed, lateMs: number): SpacedPair[] {
  const callsOf = grouped(timelyCalls(history, lateMs), (call) => call.channelId);
  return history.channels
    .filter((channel) => channel.minSpacingSeconds > 0)
    .flatMap((channel) => {
      const calls = [...callsOf(channel.id)].sort((a, b) => a.atMs - b.atMs);
      return calls.flatMap((second, place) => {
        const first = calls[place - 1];
        return first ? [{ channel, second, apartMs: second.atMs - first.atMs }] : [];
      });
    });
}

/**
 * I18: two calls are apart by their channel's distance, less the longest time between a permit and its call: what is kept
 * apart are the permits.
 */
export function closePairs(history: Indexed, lateMs: number): Violation[] {
  return spacedPairs(history, lateMs)
    .filter(({ channel, apartMs }) => apartMs < channel.minSpacingSeconds * MS_PER_SECOND - lateMs - READING_MS)
    .map(({ channel, second, apartMs }) => ({
      invariant: 'I18',
      subject: channel.id,
      what: `the call of ${second.deliveryId} came ${apartMs} ms after another, of ${channel.minSpacingSeconds} s`,
    }));
}

function localDates(timeZone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  return (atMs) => format.format(atMs);
}
