import { Field, ID, InputType, registerEnumType } from '@nestjs/graphql';
import { ArrayMaxSize, IsOptional, MaxLength } from 'class-validator';
import { DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import { DateTime } from '../../../platform/graphql/scalars.js';
import type { DeliveryFilter } from '../application/delivery-filter.js';
import { UncertainResolution } from '../application/uncertain-resolution.js';

registerEnumType(UncertainResolution, {
  name: 'UncertainResolution',
  description: 'How a person settles a delivery that is UNCERTAIN.',
});

const MAX_SEARCH = 200;
const MAX_STATUSES = Object.keys(DeliveryStatus).length;

@InputType('DeliveryFilter')
export class DeliveryFilterInput implements DeliveryFilter {
  @Field(() => ID, { nullable: true })
  scheduleId?: string | null;

  @Field(() => ID, { nullable: true })
  runId?: string | null;

  @Field(() => ID, { nullable: true })
  channelId?: string | null;

  @Field(() => ID, { nullable: true })
  contactId?: string | null;

  @Field(() => [DeliveryStatus], { nullable: true })
  @IsOptional()
  @ArrayMaxSize(MAX_STATUSES, { message: `must have at most ${MAX_STATUSES} statuses` })
  statuses?: DeliveryStatus[] | null;

  @Field(() => String, { nullable: true })
  @IsOptional()
  @MaxLength(MAX_SEARCH, { message: `must have at most ${MAX_SEARCH} characters` })
  clientMessageId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'true: only test sends; false: all but them.' })
  isTest?: boolean | null;

  @Field(() => DateTime, { nullable: true })
  dueFrom?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Exclusive.' })
  dueTo?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Part of the contact's name, nickname, number, e-mail address or city, or of the text as it was sent; texts are searched " +
      'in the newest 20,000 sent deliveries that the rest of the filter leaves.',
  })
  @IsOptional()
  @MaxLength(MAX_SEARCH, { message: `must have at most ${MAX_SEARCH} characters` })
  search?: string | null;
}
