import { Field, ID, InputType } from '@nestjs/graphql';
import { IsOptional, MaxLength } from 'class-validator';
import { ScheduleStatus, ScheduleType } from '../../../core/scheduling/schedule-words.js';
import { DateTime } from '../../../platform/graphql/scalars.js';
import './schedule.enums.js';

@InputType('ScheduleFilter')
export class ScheduleFilterInput {
  @Field(() => String, {
    nullable: true,
    description: 'Part of the name or description; case and accents do not matter.',
  })
  @IsOptional()
  @MaxLength(200, { message: 'must have at most 200 characters' })
  search?: string | null;

  @Field(() => ScheduleType, { nullable: true })
  type?: ScheduleType | null;

  @Field(() => [ScheduleStatus], { nullable: true, description: 'Any of these; an empty list restricts nothing.' })
  statuses?: ScheduleStatus[] | null;

  @Field(() => ID, { nullable: true })
  channelId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Named by the schedule, or a member of a group that it names.' })
  contactId?: string | null;

  @Field(() => String, { nullable: true })
  @IsOptional()
  @MaxLength(200, { message: 'must have at most 200 characters' })
  conversationId?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it runs next, else when it ran last, else when it was made: not before this.',
  })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'The same instant: before this.' })
  to?: Date | null;
}
