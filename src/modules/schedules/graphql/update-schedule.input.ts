import { Field, ID, InputType, Int } from '@nestjs/graphql';
import { MisfirePolicy } from '../../../core/recurrence/misfire.js';
import { DeliveryGuarantee } from '../../../core/scheduling/schedule-words.js';
import { DateTime, TimeZone } from '../../../platform/graphql/scalars.js';
import { CampaignInput } from './campaign.types.js';
import { IsPriority, IsRunLimit, IsSpan } from './input-rules.js';
import { RetryPolicyInput } from './retry-policy.types.js';

@InputType('UpdateScheduleInput', {
  description: 'An absent field stays as it is; null clears what can be nothing; lists are replaced.',
})
export class UpdateScheduleInput {
  static readonly checkedByService = true;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => ID, { nullable: true })
  messageId?: string | null;

  @Field(() => [ID], { nullable: true })
  targetContactIds?: string[] | null;

  @Field(() => [ID], { nullable: true })
  targetGroupIds?: string[] | null;

  @Field(() => DateTime, { nullable: true })
  scheduledAt?: Date | null;

  @Field(() => String, { nullable: true })
  cronExpression?: string | null;

  @Field(() => TimeZone, { nullable: true })
  timeZone?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Of a RECURRING schedule: holds from the next run on.' })
  perContactTimeZone?: boolean | null;

  @Field(() => DateTime, { nullable: true })
  startsAt?: Date | null;

  @Field(() => DateTime, { nullable: true })
  endsAt?: Date | null;

  @Field(() => Int, { nullable: true })
  @IsRunLimit()
  maxRuns?: number | null;

  @Field(() => MisfirePolicy, { nullable: true })
  misfirePolicy?: MisfirePolicy | null;

  @Field(() => CampaignInput, {
    nullable: true,
    description:
      'CAMPAIGN: replaces its settings; what has not gone is planned anew. Without a seed the present one stays.',
  })
  campaign?: CampaignInput | null;

  @Field(() => Int, { nullable: true })
  @IsPriority()
  priority?: number | null;

  @Field(() => Boolean, { nullable: true })
  useNicknames?: boolean | null;

  @Field(() => Boolean, { nullable: true })
  respectRateLimit?: boolean | null;

  @Field(() => RetryPolicyInput, { nullable: true })
  retryPolicy?: RetryPolicyInput | null;

  @Field(() => DeliveryGuarantee, { nullable: true })
  guarantee?: DeliveryGuarantee | null;

  @Field(() => Int, { nullable: true })
  @IsSpan()
  expiresAfterSeconds?: number | null;
}
