import { windowText } from '../../../core/openings/daily-window.js';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import { runStatusOf } from '../../../core/scheduling/schedule-words.js';
import type { ScheduleRow, ScheduleRunRow } from '../application/schedule-rows.js';
import type { ScheduleObjectType, ScheduleRunType } from './schedule.types.js';

export function toScheduleType(row: ScheduleRow): ScheduleObjectType {
  const { tenantId: _tenant, clientMessageId: _clientMessage, campaign, ...fields } = row;
  return { ...fields, campaign: campaign && toCampaignType(campaign) };
}

function toCampaignType({ startsOn, weekdays, maxPerDay, minSpacingSeconds, seed, ...window }: CampaignSettings) {
  return { startsOn, weekdays: [...weekdays], window: windowText(window), maxPerDay, minSpacingSeconds, seed };
}

export function toScheduleRunType(row: ScheduleRunRow): ScheduleRunType {
  const { id, scheduleId, dueAt, startedAt, finishedAt, reason, missedCount, missedUntil } = row;
  return {
    id,
    scheduleId,
    dueAt,
    startedAt,
    finishedAt,
    status: runStatusOf(row.status),
    reason,
    missedCount,
    missedUntil,
  };
}
