import { Field, ID, InputType, Int } from '@nestjs/graphql';
import { TEST_DEFAULTS } from '../../../core/scheduling/request-defaults.js';
import { PhoneNumber } from '../../../platform/graphql/scalars.js';
import { CreateMessageInput } from '../../messages/index.js';

@InputType('SendTestMessageInput')
export class SendTestMessageInput {
  static readonly checkedByService = true;

  @Field(() => ID, {
    nullable: true,
    description: 'Exactly one of messageId, content and message. A DRAFT or PAUSED message may be tested.',
  })
  messageId?: string | null;

  @Field(() => String, { nullable: true, description: 'The text itself.' })
  content?: string | null;

  @Field(() => CreateMessageInput, { nullable: true, description: 'A message that is not stored yet.' })
  message?: CreateMessageInput | null;

  @Field(() => PhoneNumber, { description: 'The one number that gets it, known or not.' })
  to: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Whose data fill the placeholders. Default: the contact that has the number, else only the number.',
  })
  contactId?: string | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: TEST_DEFAULTS.variation,
    description: 'Place among the variations, from 0.',
  })
  variation?: number | null;

  @Field(() => ID, { nullable: true, description: "Default: the tenant's only channel." })
  channelId?: string | null;

  @Field(() => Boolean, { nullable: true, defaultValue: TEST_DEFAULTS.useNicknames })
  useNicknames?: boolean | null;

  @Field(() => Boolean, { nullable: true, defaultValue: TEST_DEFAULTS.respectRateLimit })
  respectRateLimit?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Idempotency, unique in the tenant: sent back on the delivery and in its events.',
  })
  clientMessageId?: string | null;
}
