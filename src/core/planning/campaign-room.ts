import { openingsTogether } from '../openings/openings-together.js';
import { dayNumberAt, dayNumberOfText, type OpeningHours } from '../openings/openings.js';
import type { TimeZone } from '../recurrence/time-zone.js';
import type { DurationMs, EpochMs } from '../values/time.js';
import type { Violation } from '../values/violation.js';
import type { CampaignSettings } from './campaign-settings.js';
import { campaignHours, CAMPAIGN_HORIZON_DAYS } from './check-campaign.js';
import { capacityOf } from './free-time.js';

/** What a campaign's room depends on besides its settings. */
export interface RoomContext {
  readonly zone: TimeZone;
  readonly channelHours: OpeningHours | null;
  /** The distance that messages are really planned apart. */
  readonly spacingMs: DurationMs;
  /** The channel's cap of a day; null for none. */
  readonly perDay: number | null;
  readonly now: EpochMs;
  readonly recipients: number;
}

/**
 * Whether so many recipients fit into the year after the campaign's beginning if nothing else were planned; what other
 * plans leave of it is known only when it is planned.
 */
export function checkCampaignRoom(
  settings: CampaignSettings,
  context: RoomContext,
  path = 'input.campaign',
): Violation[] {
  const { zone, channelHours, spacingMs, perDay, now, recipients } = context;
  const hours = campaignHours(settings, zone);
  const first = Math.max(dayNumberOfText(settings.startsOn), dayNumberAt(zone, now));
  const mostPerDay = Math.min(settings.maxPerDay, perDay ?? Infinity);
  let room = 0;
  for (let day = first; room < recipients && day <= first + CAMPAIGN_HORIZON_DAYS; day++) {
    const open = openingsTogether(hours, channelHours, day).map(({ startMs, lastMs }) => ({
      fromMs: startMs,
      toMs: lastMs,
    }));
    room += Math.min(mostPerDay, capacityOf(open, spacingMs));
  }
  if (room >= recipients) return [];
  const message = `leaves room for ${room} of ${recipients} recipients within ${CAMPAIGN_HORIZON_DAYS} days`;
  return [{ field: path, rule: 'campaign.tooLong', message }];
}
