import type { Told } from '../load/told.js';
import { grouped, type Indexed } from './indexed.js';
import { timelyCalls } from './limits.js';
import type { Violation } from './violation.js';

/** Clocks are read in whole milliseconds here and in microseconds there. */
const READING_MS = 2;

/** Between a confirmed stop and, if it came, the request to go on. */
interface Stop {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly why: string;
}

/** I16, of deliveries: a confirmed cancel is the end, no call comes after it. */
export function callsAfterCancel(history: Indexed): Violation[] {
  return history.told.flatMap((told): Violation[] => {
    if (told.kind !== 'deliveryCancelled') return [];
    const status = history.delivery.get(told.deliveryId)?.status;
    const calls = history.callsOf(told.deliveryId).filter((call) => call.atMs > told.answeredAtMs + READING_MS);
    const violation = (what: string): Violation => ({ invariant: 'I16', subject: told.deliveryId, what });
    return [
      ...calls.map((call) => violation(`called ${call.atMs - told.answeredAtMs} ms after its cancel was confirmed`)),
      ...(status === 'cancelled' ? [] : [violation(`${status ?? 'gone'} although its cancel was confirmed`)]),
    ];
  });
}

/**
 * I16, of schedules and channels: while they are stopped no intent is written. An intent that was written before may still
 * be called: for that `lateMs` is the longest time.
 */
export function intentsWhileStopped(history: Indexed, lateMs: number): Violation[] {
  const stops = stopsOf(history.told);
  const callsOf = grouped(timelyCalls(history, lateMs), (call) => call.deliveryId);
  return history.deliveries.flatMap((delivery) =>
    [...stops(delivery.scheduleId), ...stops(delivery.channelId)].flatMap(({ fromMs, untilMs, why }): Violation[] => [
      ...history
        .attemptsOf(delivery.id)
        .filter((row) => row.startedAtMs > fromMs + READING_MS && row.startedAtMs < untilMs)
        .map((row): Violation => ({
          invariant: 'I16',
          subject: delivery.id,
          what: `attempt ${row.number} began ${Math.round(row.startedAtMs - fromMs)} ms after ${why}`,
        })),
      ...callsOf(delivery.id)
        .filter((call) => call.atMs > fromMs + lateMs && call.atMs < untilMs)
        .map((call): Violation => ({
          invariant: 'I16',
          subject: delivery.id,
          what: `called ${call.atMs - fromMs} ms after ${why}`,
        })),
    ]),
  );
}

/**
 * I16, of contacts: who has opted out is not called any more. The opt-outs are read in the intent's transaction and not
 * locked, so that a call of one that was being committed may follow for as long as a permit lives.
 */
export function callsAfterOptOut(history: Indexed, lateMs: number): Violation[] {
  const stops = stopsOf(history.told);
  const callsOf = grouped(timelyCalls(history, lateMs), (call) => call.deliveryId);
  return history.deliveries.flatMap(({ id, contactId }) =>
    stops(contactId).flatMap(({ fromMs, untilMs, why }) =>
      callsOf(id)
        .filter((call) => call.atMs > fromMs + lateMs && call.atMs < untilMs)
        .map((call): Violation => ({
          invariant: 'I16',
          subject: id,
          what: `called ${call.atMs - fromMs} ms after ${why}`,
        })),
    ),
  );
}

/** The longest time between a confirmed stop and a call under an intent from before it. */
export function latestCallAfterStopMs(history: Indexed): number {
  const stops = stopsOf(history.told);
  const times = history.deliveries.flatMap((delivery) =>
    [...stops(delivery.scheduleId), ...stops(delivery.channelId)].flatMap(({ fromMs, untilMs }) =>
      history
        .callsOf(delivery.id)
        .filter((call) => call.atMs > fromMs && call.atMs < untilMs)
        .map((call) => call.atMs - fromMs),
    ),
  );
  return times.reduce((longest, time) => Math.max(longest, time), 0);
}

/** By schedule, channel or contact. Others may ask to go on meanwhile: a stop lasts until the first request to. */
function stopsOf(told: readonly Told[]): (subject: string) => readonly Stop[] {
  const stops = told.flatMap((entry) => {
    switch (entry.kind) {
      case 'schedulePaused':
        return [{ subject: entry.scheduleId, fromMs: entry.answeredAtMs, why: 'the pause of its schedule' }];
      case 'scheduleCancelled':
        return [{ subject: entry.scheduleId, fromMs: entry.answeredAtMs, why: 'the cancel of its schedule' }];
      case 'channelPaused':
        return [{ subject: entry.channelId, fromMs: entry.answeredAtMs, why: 'the pause of its channel' }];
      case 'contactOptedOut':
        return [{ subject: entry.contactId, fromMs: entry.answeredAtMs, why: 'the opt-out of its contact' }];
      default:
        return [];
    }
  });
  const resumed = grouped(told.flatMap(resumeOf), (resume) => resume.subject);
  return grouped(
    stops.map((stop) => {
      // One that was asked before the pause was confirmed may have been carried out after it.
      const next = resumed(stop.subject).filter((entry) => entry.answeredAtMs > stop.fromMs);
      return { ...stop, untilMs: Math.min(Infinity, ...next.map((entry) => entry.askedAtMs)) };
    }),
    (stop) => stop.subject,
  );
}

interface Resume {
  readonly subject: string;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

function resumeOf(entry: Told): Resume[] {
  switch (entry.kind) {
    case 'scheduleResumed':
      return [{ ...entry, subject: entry.scheduleId }];
    case 'channelResumed':
      return [{ ...entry, subject: entry.channelId }];
    case 'contactOptedIn':
      return [{ ...entry, subject: entry.contactId }];
    default:
      return [];
  }
}

/** I28: a request has one schedule, the one that the answer named, and nothing is there that nobody asked for. */
export function doubledRequests(history: Indexed): Violation[] {
  const byReference = grouped(history.schedules, (schedule) => schedule.reference ?? '');
  return history.told.flatMap((told): Violation[] => {
    if (told.kind !== 'scheduled') return [];
    const schedules = byReference(told.reference);
    const violation = (what: string): Violation[] => [{ invariant: 'I28', subject: told.reference, what }];
    if (schedules.length !== 1) return violation(`${schedules.length} schedules for one request`);
    return schedules[0]?.id === told.scheduleId ? [] : violation('the answer named another schedule');
  });
}
