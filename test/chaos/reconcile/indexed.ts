import type { CallEntry, EffectEntry, ReceiptEntry } from '../gateway/ledger.js';
import type { AttemptRow, ChannelRow, DeliveryRow, History, RunRow, ScheduleRow } from '../history.js';

/** A history with what belongs together side by side. */
export interface Indexed extends History {
  readonly calls: readonly CallEntry[];
  readonly effects: readonly EffectEntry[];
  readonly delivery: ReadonlyMap<string, DeliveryRow>;
  readonly schedule: ReadonlyMap<string, ScheduleRow>;
  readonly channel: ReadonlyMap<string, ChannelRow>;
  readonly callsOf: (deliveryId: string) => readonly CallEntry[];
  readonly effectsOf: (deliveryId: string) => readonly EffectEntry[];
  readonly attemptsOf: (deliveryId: string) => readonly AttemptRow[];
  /** What the gateway reported of it and was told to be stored. */
  readonly postedOf: (deliveryId: string) => readonly ReceiptEntry[];
  readonly runsOf: (scheduleId: string) => readonly RunRow[];
}

export function indexed(history: History): Indexed {
  const calls = history.ledger.filter((entry) => entry.kind === 'call');
  const effects = history.ledger.filter((entry) => entry.kind === 'effect');
  return {
    ...history,
    calls,
    effects,
    delivery: new Map(history.deliveries.map((row) => [row.id, row])),
    schedule: new Map(history.schedules.map((row) => [row.id, row])),
    channel: new Map(history.channels.map((row) => [row.id, row])),
    callsOf: grouped(calls, (entry) => entry.deliveryId),
    effectsOf: grouped(effects, (entry) => entry.deliveryId),
    attemptsOf: grouped(history.attempts, (row) => row.deliveryId),
    postedOf: grouped(
      history.ledger.filter((entry) => entry.kind === 'receipt'),
      (entry) => entry.deliveryId,
    ),
    runsOf: grouped(history.runs, (row) => row.scheduleId),
  };
}

/** The items by a key, in their order. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): (key: string) => readonly T[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return (key) => groups.get(key) ?? [];
}
