import type { OpeningHours } from '../../../core/openings/openings.js';
import { checkCampaign, type CheckedCampaign } from '../../../core/planning/check-campaign.js';
import type { EpochMs } from '../../../core/values/time.js';
import { zoneOf } from './schedule-columns.js';
import type { UpdateScheduleRequest } from './schedule-request.js';
import type { ScheduleRow } from './schedule-rows.js';

const UNCHANGED: CheckedCampaign = { violations: [], settings: null };

/**
 * The settings that a campaign gets by an edit; null when the edit does not touch them. What the edit leaves out takes its
 * default, but for the seed, which stays.
 */
export function editedCampaign(
  row: Pick<ScheduleRow, 'type' | 'campaign' | 'timeZone'>,
  request: UpdateScheduleRequest,
  channelHours: OpeningHours | null,
  now: EpochMs,
): CheckedCampaign {
  const { campaign: present } = row;
  if (row.type !== 'CAMPAIGN' || present === null || !request.campaign) return UNCHANGED;
  return checkCampaign(request.campaign, {
    zone: zoneOf(row.timeZone),
    channelHours,
    now,
    newSeed: present.seed,
    present,
  });
}
