import { Field, Int, ObjectType } from '@nestjs/graphql';
import { Connection } from '../../../platform/graphql/pagination.js';
import { DateTime } from '../../../platform/graphql/scalars.js';
import type { Preview } from '../application/preview-writer.js';
import { NextRunType } from './next-run.types.js';

/** Its contact is resolved apart. */
@ObjectType('ExcludedRecipient')
export class ExcludedRecipientType {
  /** Not a field of the API. */
  contactId: string;

  @Field(() => String, {
    description: 'OPTED_OUT, NO_ADDRESS, DUPLICATE, CONTACT_DELETED, LOCAL_TIME_PASSED or NO_ROOM.',
  })
  reason: string;
}

/** Its contact is resolved apart. */
@ObjectType('PlannedDelivery')
export class PlannedDeliveryType {
  /** Not a field of the API. */
  contactId: string;

  @Field(() => DateTime, { description: 'The due time that the delivery will have.' })
  at: Date;

  @Field(() => String, { description: 'As it would be sent now; what is missing stands in braces.' })
  text: string;

  @Field(() => Int, { nullable: true, description: 'Which variation of the message, from 0; null when it has none.' })
  variation: number | null;

  @Field(() => [String])
  missingPlaceholders: string[];
}

@ObjectType('PlannedDeliveryConnection')
export class PlannedDeliveryConnectionType extends Connection(PlannedDeliveryType) {}

@ObjectType('SchedulePreview', { description: 'What createSchedule would do with the same input, and nothing stored.' })
export class SchedulePreviewType {
  /** Not a field of the API: what its parts are made of. */
  preview: Preview;

  /** Not a field of the API: what cursors of its deliveries belong to. */
  asked: string;

  @Field(() => Int)
  recipientCount: number;

  @Field(() => Int, { description: 'Who will get nothing.' })
  excludedCount: number;

  @Field(() => [ExcludedRecipientType], { description: 'The first 1,000 of them, each with its reason.' })
  excluded: ExcludedRecipientType[];

  @Field(() => [DateTime], { description: 'RECURRING: the next 12 runs. FUTURE: the only one.' })
  nextRuns: Date[];

  @Field(() => [NextRunType], { description: 'The same, with what changes of the clock made of them.' })
  nextRunDetails: NextRunType[];

  @Field(() => DateTime, { nullable: true, description: 'When the first message will go.' })
  firstSendAt: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the last message will have gone, rate limits and other plans of the channel counted in.',
  })
  lastSendAt: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'CAMPAIGN: the seed of this plan. The same input without a seed has the same one.',
  })
  seed: string | null;
}
