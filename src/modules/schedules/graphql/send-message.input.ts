import { Field, ID, InputType, Int } from '@nestjs/graphql';
import { SEND_DEFAULTS } from '../../../core/scheduling/request-defaults.js';
import { DeliveryGuarantee } from '../../../core/scheduling/schedule-words.js';
import { PhoneNumber } from '../../../platform/graphql/scalars.js';
import { IsPriority } from './input-rules.js';
import { RetryPolicyInput } from './retry-policy.types.js';

@InputType('SendMessageInput')
export class SendMessageInput {
  static readonly checkedByService = true;

  @Field(() => ID, { nullable: true })
  messageId?: string | null;

  @Field(() => String, { nullable: true, description: 'Instead of messageId: the text itself.' })
  content?: string | null;

  @Field(() => [ID], { nullable: true, description: 'At most 1,000 recipients in all.' })
  contactIds?: string[] | null;

  @Field(() => [PhoneNumber], { nullable: true, description: 'Instead of contactIds: numbers, known or not.' })
  to?: string[] | null;

  @Field(() => ID, { nullable: true, description: "Default: the tenant's only channel." })
  channelId?: string | null;

  @Field(() => Int, { nullable: true, defaultValue: SEND_DEFAULTS.priority })
  @IsPriority()
  priority?: number | null;

  @Field(() => Boolean, { nullable: true, defaultValue: SEND_DEFAULTS.useNicknames })
  useNicknames?: boolean | null;

  @Field(() => Boolean, { nullable: true, defaultValue: SEND_DEFAULTS.respectRateLimit })
  respectRateLimit?: boolean | null;

  @Field(() => DeliveryGuarantee, { nullable: true, defaultValue: SEND_DEFAULTS.guarantee })
  guarantee?: DeliveryGuarantee | null;

  @Field(() => RetryPolicyInput, { nullable: true })
  retryPolicy?: RetryPolicyInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'Idempotency, unique in the tenant: sent back on the delivery and in its events.',
  })
  clientMessageId?: string | null;
}
