import { contactQuota } from '../../../core/rate-limit/quota.js';
import type { ChannelRow } from '../application/channel-row.js';
import type { ChannelType, RateLimitType } from './channel.types.js';

export function toChannelType(row: ChannelRow): ChannelType {
  const { id, name, gateway, status, settings, timeZone, statusReason } = row;
  // The simulator reports to itself.
  const webhookPath = gateway === 'SIMULATOR' ? null : `/webhooks/${id}`;
  return { id, name, gateway, status, settings, timeZone, rateLimit: toRateLimitType(row), statusReason, webhookPath };
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
