import type { ExplanationFacts, QueuedDelivery } from '../../../core/explanation/explanation-facts.js';
import { openingHoursOf } from '../../../core/openings/sending-hours.js';
import { contactQuota } from '../../../core/rate-limit/quota.js';
import { parseTimeZone, type TimeZone } from '../../../core/recurrence/time-zone.js';
import { lanePolicyOf } from '../../channels/index.js';
import type { ExplanationRow } from '../persistence/explanation-facts.repository.js';

const MICROS_PER_SECOND = 1_000_000;

/** A stored row as the core explains it. */
export function toExplanationFacts(row: ExplanationRow, isProcessing: boolean): ExplanationFacts {
  const { nowUs, contact, contactTatUs, message, cancelledBy } = row;
  const { tatUs, lastTakenUs, day, sentToday } = row;
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
    channel: {
      status: row.channelStatus,
      statusReason: row.channelStatusReason,
      hours: openingHoursOf(row),
      policy: lanePolicyOf(row),
      contactQuota: contactQuota(row.perMinute, row.perContactPerMinute),
      lane: { tatUs, lastTakenUs, day, sentToday },
      heldUntilUs: row.heldUntilUs,
    },
    contact,
    contactTatUs,
    message,
    ahead: { now: row.aheadNow, express: row.aheadExpress, atItsTime: row.aheadAtItsTime },
    cancelledBy,
  };
}

function queueOf(row: ExplanationRow): QueuedDelivery {
  const { waitReason, readyAtUs, expiresAtUs, slotAtUs, slotUntilUs, spacingSeconds, express, cancelRequested } = row;
  const spacingUs = spacingSeconds * MICROS_PER_SECOND;
  return { waitReason, readyAtUs, expiresAtUs, slotAtUs, slotUntilUs, spacingUs, express, cancelRequested };
}

function storedZone(name: string): TimeZone {
  const zone = parseTimeZone(name);
  if (!zone.ok) throw new Error(`a stored time zone is not known to this runtime: ${name}`);
  return zone.value;
}
