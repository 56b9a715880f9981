import { Field, ID, InputType, Int } from '@nestjs/graphql';
import { MisfirePolicy } from '../../../core/recurrence/misfire.js';
import { CREATE_DEFAULTS } from '../../../core/scheduling/request-defaults.js';
import { DeliveryGuarantee, ScheduleType } from '../../../core/scheduling/schedule-words.js';
import { DateTime, TimeZone } from '../../../platform/graphql/scalars.js';
import { CreateMessageInput } from '../../messages/index.js';
import { CampaignInput } from './campaign.types.js';
import { IsPriority, IsRunLimit, IsSpan } from './input-rules.js';
import { RetryPolicyInput } from './retry-policy.types.js';

@InputType('CreateScheduleInput')
export class CreateScheduleInput {
  /** Shape and meaning are told together: see inputViolations in the resolver and core/scheduling. */
  static readonly checkedByService = true;

  @Field(() => String)
  name: string;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => ID, { nullable: true, description: 'Exactly one of messageId and message.' })
  messageId?: string | null;

  @Field(() => CreateMessageInput, { nullable: true })
  message?: CreateMessageInput | null;

  @Field(() => ID, { nullable: true, description: "Default: the tenant's only channel." })
  channelId?: string | null;

  @Field(() => ScheduleType)
  type: ScheduleType;

  @Field(() => [ID], {
    nullable: true,
    description: 'At least one target; at most 10,000 ids, more go through groups.',
  })
  targetContactIds?: string[] | null;

  @Field(() => [ID], { nullable: true })
  targetGroupIds?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'FUTURE, instead of contacts and groups: the conversation to write into, where the gateway has any; at least 5 minutes ahead.',
  })
  conversationId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: CREATE_DEFAULTS.privateNote,
    description: 'With conversationId: a note that only agents see.',
  })
  privateNote?: boolean | null;

  @Field(() => DateTime, { nullable: true, description: 'FUTURE: an instant ahead, at most 366 days.' })
  scheduledAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'RECURRING: five fields, or six with seconds; names and ranges as in crontab(5).',
  })
  cronExpression?: string | null;

  @Field(() => TimeZone, { nullable: true, description: "Default: the tenant's." })
  timeZone?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: CREATE_DEFAULTS.perContactTimeZone,
    description:
      "FUTURE and RECURRING: each contact gets it when the clock of its own zone shows what the schedule's zone shows at the instant; without a zone of its own, at the instant.",
  })
  perContactTimeZone?: boolean | null;

  @Field(() => DateTime, { nullable: true, description: 'RECURRING: the first instant at which it may run.' })
  startsAt?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'RECURRING: from this instant on it does not run.' })
  endsAt?: Date | null;

  @Field(() => Int, { nullable: true, description: 'RECURRING: runs that were missed or skipped do not count.' })
  @IsRunLimit()
  maxRuns?: number | null;

  @Field(() => MisfirePolicy, { nullable: true, defaultValue: CREATE_DEFAULTS.misfirePolicy })
  misfirePolicy?: MisfirePolicy | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How late a run may start; default by the period, a day for FUTURE.',
  })
  @IsSpan()
  misfireGraceSeconds?: number | null;

  @Field(() => CampaignInput, { nullable: true, description: 'CAMPAIGN: how it is spread.' })
  campaign?: CampaignInput | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: CREATE_DEFAULTS.priority,
    description: '0 to 10, higher first among what is due.',
  })
  @IsPriority()
  priority?: number | null;

  @Field(() => Boolean, { nullable: true, defaultValue: CREATE_DEFAULTS.useNicknames })
  useNicknames?: boolean | null;

  @Field(() => Boolean, { nullable: true, defaultValue: CREATE_DEFAULTS.respectRateLimit })
  respectRateLimit?: boolean | null;

  @Field(() => RetryPolicyInput, { nullable: true, description: "Default: the installation's." })
  retryPolicy?: RetryPolicyInput | null;

  @Field(() => DeliveryGuarantee, { nullable: true, defaultValue: CREATE_DEFAULTS.guarantee })
  guarantee?: DeliveryGuarantee | null;

  @Field(() => Int, {
    nullable: true,
    description: 'A delivery not handed to the gateway this long after it was due expires; null: never.',
  })
  @IsSpan()
  expiresAfterSeconds?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Idempotency: the same reference from the same tenant returns the schedule that it made before; with different input it is a CONFLICT.',
  })
  clientReference?: string | null;
}
