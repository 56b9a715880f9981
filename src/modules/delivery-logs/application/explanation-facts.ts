import type {
  ExplainedChannel,
  ExplanationFacts,
  QueuedDelivery,
  SpacedAhead,
} from '../../../core/explanation/explanation-facts.js';
import { openingHoursOf } from '../../../core/openings/sending-hours.js';
import { contactQuota } from '../../../core/rate-limit/quota.js';
import { parseTimeZone, type TimeZone } from '../../../core/recurrence/time-zone.js';
import { lanePolicyOf } from '../../channels/index.js';
import type { ExplanationRow, SpacedGroup } from '../persistence/explanation-facts.repository.js';

const MICROS_PER_SECOND = 1_000_000;

/** The channel of a stored row. */
export function toExplainedChannel(row: ExplanationRow): ExplainedChannel {
  const { tatUs, lastTakenUs, day, sentToday } = row;
  return {
    status: row.channelStatus,
    statusReason: row.channelStatusReason,
    hours: openingHoursOf(row),
    policy: lanePolicyOf(row),
    contactQuota: contactQuota(row.perMinute, row.perContactPerMinute),
    lane: { tatUs, lastTakenUs, day, sentToday },
    heldUntilUs: row.heldUntilUs,
  };
}

/** A stored row as the core explains it; `channel` is the row's own. */
export function toExplanationFacts(
  row: ExplanationRow,
  channel: ExplainedChannel,
  isProcessing: boolean,
): ExplanationFacts {
  const { nowUs, contact, contactTatUs, message, cancelledBy } = row;
  return {
    nowUs,
    isProcessing,
    delivery: row,
    queue: row.isQueued ? queueOf(row) : null,
    schedule: {
      status: row.scheduleStatus,
      timeZone: storedZone(row.scheduleTimeZone),
      useNicknames: row.useNicknames,
      expiresAfterSeconds: row.expiresAfterSeconds,
    },
    channel,
    contact,
    contactTatUs,
    message,
    ahead: { now: row.aheadNow, express: row.aheadExpress, atItsTime: row.aheadAtItsTime },
    aheadSpaced: [...spacedAhead(row.spacedNow, true), ...spacedAhead(row.spacedAtItsTime, false)],
    cancelledBy,
  };
}

function spacedAhead(groups: readonly SpacedGroup[], isReady: boolean): SpacedAhead[] {
  return groups.map(({ priority, spacingSeconds, count }) => ({
    isReady,
    priority,
    spacingUs: spacingSeconds * MICROS_PER_SECOND,
    count,
  }));
}

function queueOf(row: ExplanationRow): QueuedDelivery {
  const { waitReason, priority, readyAtUs, expiresAtUs, slotAtUs, slotUntilUs, spacingSeconds } = row;
  const { express, cancelRequested } = row;
  const spacingUs = spacingSeconds * MICROS_PER_SECOND;
  return { waitReason, priority, readyAtUs, expiresAtUs, slotAtUs, slotUntilUs, spacingUs, express, cancelRequested };
}

function storedZone(name: string): TimeZone {
  const zone = parseTimeZone(name);
  if (!zone.ok) throw new Error(`a stored time zone is not known to this runtime: ${name}`);
  return zone.value;
}
