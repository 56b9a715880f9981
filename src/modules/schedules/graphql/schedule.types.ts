import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { MisfirePolicy } from '../../../core/recurrence/misfire.js';
import { DeliveryGuarantee, RunStatus, ScheduleStatus, ScheduleType } from '../../../core/scheduling/schedule-words.js';
import { Connection } from '../../../platform/graphql/pagination.js';
import { DateTime, TimeZone } from '../../../platform/graphql/scalars.js';
import { CampaignType } from './campaign.types.js';
import { RetryPolicyType } from './retry-policy.types.js';

/** Its message, channel, targets and runs are resolved here; its deliveries and statistics by delivery-logs. */
@ObjectType('Schedule')
export class ScheduleObjectType {
  /** Not fields of the API: for the resolvers of fields. */
  messageId: string;
  channelId: string;

  @Field(() => ID)
  id: string;

  @Field(() => String)
  name: string;

  @Field(() => String, { nullable: true })
  description: string | null;

  @Field(() => ScheduleType)
  type: ScheduleType;

  @Field(() => ScheduleStatus)
  status: ScheduleStatus;

  @Field(() => String, { nullable: true, description: 'Why it is FAILED.' })
  statusReason: string | null;

  @Field(() => String, { nullable: true, description: 'The conversation that it writes into, instead of to contacts.' })
  conversationId: string | null;

  @Field(() => Boolean, { description: 'What it writes into the conversation is a note that only agents see.' })
  privateNote: boolean;

  @Field(() => DateTime, { nullable: true })
  scheduledAt: Date | null;

  @Field(() => String, { nullable: true })
  cronExpression: string | null;

  @Field(() => TimeZone)
  timeZone: string;

  @Field(() => Boolean, {
    description: 'Each contact gets it at the local time of its own zone; runs are made up to 26 hours ahead for that.',
  })
  perContactTimeZone: boolean;

  @Field(() => DateTime, { nullable: true })
  startsAt: Date | null;

  @Field(() => DateTime, { nullable: true })
  endsAt: Date | null;

  @Field(() => Int, { nullable: true })
  maxRuns: number | null;

  @Field(() => MisfirePolicy)
  misfirePolicy: MisfirePolicy;

  @Field(() => Int, { nullable: true })
  misfireGraceSeconds: number | null;

  @Field(() => CampaignType, { nullable: true })
  campaign: CampaignType | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Of a campaign that has not begun: its first planned instant.',
  })
  nextRunAt: Date | null;

  @Field(() => DateTime, { nullable: true })
  lastRunAt: Date | null;

  @Field(() => Int, { description: 'Runs created; missed and skipped ones do not count.' })
  runCount: number;

  @Field(() => Int)
  priority: number;

  @Field(() => Boolean)
  useNicknames: boolean;

  @Field(() => Boolean)
  respectRateLimit: boolean;

  @Field(() => RetryPolicyType)
  retryPolicy: RetryPolicyType;

  @Field(() => DeliveryGuarantee)
  guarantee: DeliveryGuarantee;

  @Field(() => Int, { nullable: true })
  expiresAfterSeconds: number | null;

  @Field(() => String, { nullable: true })
  clientReference: string | null;

  @Field(() => Boolean, { description: 'Made by sendTestMessage.' })
  isTest: boolean;

  @Field(() => Int, { description: 'Rises with every change; send it back as expectedVersion.' })
  version: number;

  @Field(() => String)
  createdBy: string;

  @Field(() => DateTime)
  createdAt: Date;

  @Field(() => DateTime)
  updatedAt: Date;
}

@ObjectType('ScheduleConnection')
export class ScheduleConnectionType extends Connection(ScheduleObjectType) {}

/** Its statistics are resolved by delivery-logs. */
@ObjectType('ScheduleRun')
export class ScheduleRunType {
  /** Not a field of the API. */
  scheduleId: string;

  @Field(() => ID)
  id: string;

  @Field(() => DateTime, { description: 'The nominal instant.' })
  dueAt: Date;

  @Field(() => DateTime, { nullable: true })
  startedAt: Date | null;

  @Field(() => DateTime, { nullable: true })
  finishedAt: Date | null;

  @Field(() => RunStatus)
  status: RunStatus;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it is MISSED (TOO_LATE, SUPERSEDED by a newer one, NO_CATCH_UP, OVER_LIMIT) or SKIPPED (OVERLAP).',
  })
  reason: string | null;

  @Field(() => Int, { nullable: true, description: 'How many occurrences a MISSED run stands for.' })
  missedCount: number | null;

  @Field(() => DateTime, { nullable: true, description: 'The last of them; dueAt is the first.' })
  missedUntil: Date | null;
}

@ObjectType('ScheduleRunConnection')
export class ScheduleRunConnectionType extends Connection(ScheduleRunType) {}
