import { createHash } from 'node:crypto';
import type { CampaignDraft } from '../../../core/planning/check-campaign.js';
import type { MisfirePolicy } from '../../../core/recurrence/misfire.js';
import type { RetryPolicyInput } from '../../../core/retry/retry-policy.js';
import { canonicalJson } from '../../../core/scheduling/canonical-json.js';
import { CREATE_DEFAULTS, withDefaults, type RequestDefaults } from '../../../core/scheduling/request-defaults.js';
import type { DeliveryGuarantee, ScheduleType } from '../../../core/scheduling/schedule-words.js';
import type { MessageInput } from '../../messages/index.js';

/** A value that a client may leave out; null and absent are the same unless a use says otherwise. */
type Optional<T> = T | null | undefined;

/** A new schedule as a client asks for it. Values that could not be read are absent and already refused. */
export interface CreateScheduleRequest {
  readonly name: string;
  readonly description?: Optional<string>;
  readonly messageId?: Optional<string>;
  readonly message?: Optional<MessageInput>;
  readonly channelId?: Optional<string>;
  readonly type: ScheduleType;
  readonly targetContactIds?: Optional<readonly string[]>;
  readonly targetGroupIds?: Optional<readonly string[]>;
  readonly conversationId?: Optional<string>;
  readonly privateNote?: Optional<boolean>;
  readonly scheduledAt?: Optional<Date>;
  readonly cronExpression?: Optional<string>;
  readonly timeZone?: Optional<string>;
  readonly startsAt?: Optional<Date>;
  readonly endsAt?: Optional<Date>;
  readonly maxRuns?: Optional<number>;
  readonly perContactTimeZone?: Optional<boolean>;
  readonly misfirePolicy?: Optional<MisfirePolicy>;
  readonly misfireGraceSeconds?: Optional<number>;
  readonly campaign?: Optional<CampaignDraft>;
  readonly priority?: Optional<number>;
  readonly useNicknames?: Optional<boolean>;
  readonly respectRateLimit?: Optional<boolean>;
  readonly retryPolicy?: Optional<RetryPolicyInput>;
  readonly guarantee?: Optional<DeliveryGuarantee>;
  readonly expiresAfterSeconds?: Optional<number>;
  readonly clientReference?: Optional<string>;
}

/** A change of a schedule. An absent field stays as it is; null clears what can be nothing. */
export interface UpdateScheduleRequest {
  readonly name?: Optional<string>;
  readonly description?: Optional<string>;
  readonly messageId?: Optional<string>;
  readonly targetContactIds?: Optional<readonly string[]>;
  readonly targetGroupIds?: Optional<readonly string[]>;
  readonly scheduledAt?: Optional<Date>;
  readonly cronExpression?: Optional<string>;
  readonly timeZone?: Optional<string>;
  readonly startsAt?: Optional<Date>;
  readonly endsAt?: Optional<Date>;
  readonly maxRuns?: Optional<number>;
  readonly perContactTimeZone?: Optional<boolean>;
  readonly misfirePolicy?: Optional<MisfirePolicy>;
  readonly campaign?: Optional<CampaignDraft>;
  readonly priority?: Optional<number>;
  readonly useNicknames?: Optional<boolean>;
  readonly respectRateLimit?: Optional<boolean>;
  readonly retryPolicy?: Optional<RetryPolicyInput>;
  readonly guarantee?: Optional<DeliveryGuarantee>;
  readonly expiresAfterSeconds?: Optional<number>;
}

/** A message to send at once. In `to`, what could not be read is undefined, so that the others keep their place. */
export interface SendMessageRequest {
  readonly messageId?: Optional<string>;
  readonly content?: Optional<string>;
  readonly contactIds?: Optional<readonly string[]>;
  readonly to?: Optional<readonly (string | undefined)[]>;
  readonly channelId?: Optional<string>;
  readonly priority?: Optional<number>;
  readonly useNicknames?: Optional<boolean>;
  readonly respectRateLimit?: Optional<boolean>;
  readonly guarantee?: Optional<DeliveryGuarantee>;
  readonly retryPolicy?: Optional<RetryPolicyInput>;
  readonly clientMessageId?: Optional<string>;
}

/** What two requests with one reference are compared by: null, absent and the default written out are the same. */
export function requestHash(raw: unknown, defaults: RequestDefaults): Buffer {
  return createHash('sha256')
    .update(canonicalJson(withDefaults(raw, defaults)))
    .digest();
}

/**
 * The seed of a campaign whose client names none: drawn from the input itself, so that what a preview has shown is what
 * the same input makes. The client's own reference for the request has no part in it.
 */
export function seedOf(raw: unknown): string {
  const input = { ...(raw as object), clientReference: null };
  return requestHash(input, CREATE_DEFAULTS).toString('base64url').slice(0, 22);
}
