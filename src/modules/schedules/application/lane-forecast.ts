import { Injectable } from '@nestjs/common';
import { openingHoursOf } from '../../../core/openings/sending-hours.js';
import { forecastLane, type Arrival } from '../../../core/planning/forecast.js';
import type { DurationMs, EpochMs } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import { lanePolicyOf } from '../../channels/index.js';
import { PlanningRepository } from '../persistence/planning.repository.js';
import { upcomingLoad } from './upcoming-load.js';

/** Messages that are to go besides everything that is planned on their channel. */
export interface WantedSends {
  readonly tenantId: string;
  readonly channelId: string;
  readonly now: EpochMs;
  /** When each is due, rising. */
  readonly instants: readonly EpochMs[];
  readonly priority: number;
  readonly respectsRateLimit: boolean;
}

/** When the first and the last of them will have gone; null when none ever does. */
export interface SendTimes {
  readonly firstSendMs: EpochMs | null;
  readonly lastSendMs: EpochMs | null;
}

/** Messages that one forecast goes through, so that nobody waits for it; what is more is taken to follow at their pace. */
const MOST_OWN = 10_000;
const MOST_OTHERS = 10_000;

const DAY_MS = 86_400_000;

/** Says when messages would go through the lane of a channel, together with what is planned on it already. */
@Injectable()
export class LaneForecast {
  constructor(private readonly repository: PlanningRepository) {}

  async forecast(sql: Sql, wanted: WantedSends): Promise<SendTimes> {
    const first = wanted.instants[0];
    if (first === undefined) return { firstSendMs: null, lastSendMs: null };
    const channel = await this.repository.channel(sql, wanted.tenantId, wanted.channelId);
    const nowMs = Math.max(wanted.now, Math.ceil(channel.heldUntilUs / 1_000));
    const others = await this.others(sql, wanted, nowMs);
    const own = wanted.instants.slice(0, MOST_OWN).map((readyMs) => ({
      ...arrival(Math.max(readyMs, nowMs), 0, wanted.priority),
      respectsRateLimit: wanted.respectsRateLimit,
    }));
    const isOwn = new Set<Arrival>(own);
    const arrivals = [...others, ...own].sort((a, b) => a.readyMs - b.readyMs);
    const lane = { policy: lanePolicyOf(channel), state: channel, hours: openingHoursOf(channel), nowMs };
    const goesAt = forecastLane(lane, arrivals).filter((_, index) => isOwn.has(arrivals[index] as Arrival));
    return sendTimes(goesAt, wanted.instants);
  }

  /** Everything else that the channel is to carry from now on. */
  private async others(sql: Sql, wanted: WantedSends, nowMs: EpochMs): Promise<Arrival[]> {
    const { tenantId, channelId, instants } = wanted;
    const endMs = (instants.at(-1) as EpochMs) + DAY_MS;
    const slots = await this.repository.reserved(sql, channelId, new Date(nowMs));
    const backlogs = await this.repository.backlogs(sql, channelId, new Date(nowMs));
    const upcoming = await this.repository.upcoming(sql, tenantId, channelId, new Date(endMs));
    const runs = await upcomingLoad(upcoming, 0, endMs);
    const groups = [
      ...[...backlogs, ...runs].map((group) => ({ ...group, spacingMs: 0 })),
      ...slots
        .filter(({ atMs }) => atMs < endMs)
        .map(({ atMs, priority, spacingSeconds }) => ({
          readyMs: atMs,
          priority,
          count: 1,
          spacingMs: spacingSeconds * 1_000,
        })),
    ].sort((a, b) => a.readyMs - b.readyMs);
    const arrivals: Arrival[] = [];
    for (const { readyMs, count, priority, spacingMs } of groups) {
      const room = Math.min(count, MOST_OTHERS - arrivals.length);
      for (let n = 0; n < room; n++) arrivals.push(arrival(Math.max(readyMs, nowMs), spacingMs, priority));
    }
    return arrivals;
  }
}

function arrival(readyMs: EpochMs, spacingMs: DurationMs, priority: number): Arrival {
  return { readyMs, priority, respectsRateLimit: true, spacingMs };
}

/** Of very many messages the last goes as long after those that were looked at as these take for as many. */
function sendTimes(goesAt: readonly (EpochMs | null)[], instants: readonly EpochMs[]): SendTimes {
  let firstSendMs: EpochMs | null = null;
  let lastSendMs: EpochMs | null = null;
  for (const at of goesAt) {
    if (at === null) return { firstSendMs, lastSendMs: null };
    firstSendMs = Math.min(at, firstSendMs ?? at);
    lastSendMs = Math.max(at, lastSendMs ?? at);
  }
  if (firstSendMs === null || lastSendMs === null) return { firstSendMs, lastSendMs };
  const pace = (lastSendMs - firstSendMs) / goesAt.length;
  return { firstSendMs, lastSendMs: Math.round(lastSendMs + (instants.length - goesAt.length) * pace) };
}
