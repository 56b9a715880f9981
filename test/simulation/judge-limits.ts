import { channelOf, type EndedWorld } from './ended-world.js';
import { localDate } from './local-time.js';
import type { LedgerCall } from './model/model-gateway.js';
import type { ModelQueueRow, ModelTables } from './model/model-rows.js';

/** A call that needed a permit, and between which instants of the database's clock it was given. */
interface LimitedCall extends LedgerCall {
  readonly contactId: string;
  readonly shownUs: number;
  /** Its permit is not older than this. */
  readonly permitFromUs: number;
}

/** I18: the ledger of calls keeps every limit of a channel, a call beginning at most so long after its permit. */
export function judgeLimits(world: EndedWorld, channelId: string, index: number): string[] {
  const calls = limitedCalls(world, channelId);
  const { perMinute, burst, perContactPerMinute, minSpacingSeconds } = channelOf(world, channelId);
  // A contact's own limit is a tenth of the channel's where nobody has set one, and all of a minute's may come at once.
  const perContact = perContactPerMinute ?? Math.max(1, Math.floor(perMinute / 10));
  const byContact = new Map<string, LimitedCall[]>();
  for (const call of calls) byContact.set(call.contactId, [...(byContact.get(call.contactId) ?? []), call]);
  return [
    ...judgeWindows(`channel ${index}`, calls, perMinute, burst),
    ...[...byContact.values()].flatMap((own) =>
      judgeWindows(`a contact of channel ${index}`, own, perContact, perContact),
    ),
    ...judgeDays(world, channelId, index, calls),
    ...judgeDistance(index, calls, minSpacingSeconds * 1_000_000),
  ];
}

/** The channel's daily cap is used up, and the next date is hours away. */
export function waitsForTomorrow(tables: ModelTables, row: ModelQueueRow, nowUs: number): boolean {
  const lane = tables.lanes.committedAt(row.channelId);
  const channel = tables.channels.committedAt(row.channelId);
  const perDay = channel?.perDay ?? null;
  const isWaiting = row.state === 'pending' || row.state === 'uncertain';
  if (!isWaiting || row.express || perDay === null || !channel || !lane || lane.day === null) return false;
  return lane.sentToday >= perDay && lane.day >= localDate(channel.timeZone, nowUs);
}

function limitedCalls({ tables, provider, clock, slackMs }: EndedWorld, channelId: string): LimitedCall[] {
  return provider.calls
    .filter((call) => call.channelId === channelId)
    .flatMap((call): LimitedCall[] => {
      const delivery = tables.deliveries.committedAt(call.deliveryId);
      const isExpress = tables.schedules.committedAt(delivery?.scheduleId ?? '')?.express ?? false;
      if (isExpress || !delivery) return [];
      const [shownUs, permitFromUs] = [clock.at(call.atUs), clock.at(call.atUs - slackMs * 1_000)];
      return [{ ...call, contactId: delivery.contactId, shownUs, permitFromUs }];
    })
    .sort((a, b) => a.atUs - b.atUs);
}

/** No window of calls holds more than burst and rate allow. */
function judgeWindows(whose: string, calls: readonly LimitedCall[], perMinute: number, burst: number): string[] {
  const intervalUs = 60_000_000 / perMinute;
  for (let first = 0; first < calls.length; first += 1) {
    for (let last = first + burst; last < calls.length; last += 1) {
      const spanUs = (calls[last] as LimitedCall).shownUs - (calls[first] as LimitedCall).permitFromUs;
      const most = burst + Math.floor(spanUs / intervalUs);
      if (last - first + 1 > most) return [`I18: ${whose} was called ${last - first + 1} times where ${most} may be`];
    }
  }
  return [];
}

/** No local date has more calls than the cap; a call whose permit may be of the date before is nobody's. */
function judgeDays(world: EndedWorld, channelId: string, index: number, calls: readonly LimitedCall[]): string[] {
  const { perDay } = channelOf(world, channelId);
  if (perDay === null) return [];
  const { timeZone } = world.scenario;
  const counts = new Map<string, number>();
  for (const { shownUs, permitFromUs } of calls) {
    const date = localDate(timeZone, shownUs);
    if (date === localDate(timeZone, permitFromUs)) counts.set(date, (counts.get(date) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > perDay)
    .map(([date, count]) => `I18: channel ${index} was called ${count} times on ${date} where ${perDay} may be`);
}

/** Two permits are so far apart, and each call comes at most so much later than its own; by the database's clock, which jumps. */
function judgeDistance(index: number, calls: readonly LimitedCall[], leastUs: number): string[] {
  for (const [place, call] of calls.entries()) {
    const before = calls[place - 1];
    const us = before === undefined ? Infinity : call.shownUs - before.permitFromUs;
    if (us < leastUs)
      return [`I18: channel ${index} gave two permits within ${us} µs where ${leastUs} µs have to lie between`];
  }
  return [];
}
