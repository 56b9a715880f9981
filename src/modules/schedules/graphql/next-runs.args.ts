import { ArgsType, Field, Int } from '@nestjs/graphql';
import { IsOptional, Max, MaxLength, Min } from 'class-validator';
import { DateTime, TimeZone } from '../../../platform/graphql/scalars.js';

const MAX_COUNT = 100;

@ArgsType()
export class NextRunsArgs {
  @Field(() => String)
  @MaxLength(1_024, { message: 'must have at most 1024 characters' })
  cronExpression: string;

  @Field(() => TimeZone)
  timeZone: string;

  @Field(() => Int, { nullable: true, defaultValue: 5 })
  @IsOptional()
  @Min(1, { message: `must be a whole number from 1 to ${MAX_COUNT}` })
  @Max(MAX_COUNT, { message: `must be a whole number from 1 to ${MAX_COUNT}` })
  count?: number | null;

  @Field(() => DateTime, { nullable: true, description: 'Default: now.' })
  after?: Date | null;
}
