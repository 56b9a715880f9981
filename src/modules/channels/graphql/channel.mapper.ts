import { windowText } from '../../../core/openings/daily-window.js';
import { sendingWindowOf } from '../../../core/openings/sending-hours.js';
import { contactQuota } from '../../../core/rate-limit/quota.js';
import type { ChannelRow } from '../application/channel-row.js';
import type { ChannelType, RateLimitType } from './channel.types.js';

export function toChannelType(row: ChannelRow): ChannelType {
  const { id, name, gateway, status, settings, timeZone, statusReason } = row;
  // The simulator reports to itself.
  const webhookPath = gateway === 'SIMULATOR' ? null : `/webhooks/${id}`;
  const window = sendingWindowOf(row);
  return {
    id,
    name,
    gateway,
    status,
    settings,
    timeZone,
    rateLimit: toRateLimitType(row),
    sendingWindow: window && windowText(window),
    sendingWeekdays: row.sendingWeekdays,
    statusReason,
    webhookPath,
  };
}

function toRateLimitType({
  perMinute,
  burst,
  perContactPerMinute,
  perDay,
  minSpacingSeconds,
}: ChannelRow): RateLimitType {
  const contact = contactQuota(perMinute, perContactPerMinute);
  return { perMinute, burst, perContactPerMinute: contact.perMinute, perDay, minSpacingSeconds };
}
