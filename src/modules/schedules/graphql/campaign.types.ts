import { Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import { CREATE_DEFAULTS } from '../../../core/scheduling/request-defaults.js';
import { DailyWindowInput, DailyWindowType } from '../../../platform/graphql/daily-window.types.js';
import { LocalDate } from '../../../platform/graphql/scalars.js';

@InputType('CampaignInput', {
  description:
    'Spread over days: each contact gets one random instant, no two of the channel closer than minSpacingSeconds; what does not fit a day goes to the next allowed one.',
})
export class CampaignInput {
  @Field(() => LocalDate)
  startsOn: string;

  @Field(() => [Int], { nullable: true, description: 'ISO weekdays allowed, 1 = Monday … 7 = Sunday; default all.' })
  weekdays?: number[] | null;

  @Field(() => DailyWindowInput, {
    nullable: true,
    description: "Local hours in the schedule's zone; default the channel's sending window, or the whole day.",
  })
  window?: DailyWindowInput | null;

  @Field(() => Int, { nullable: true, defaultValue: CREATE_DEFAULTS.campaign.maxPerDay, description: '1 to 100,000.' })
  maxPerDay?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: CREATE_DEFAULTS.campaign.minSpacingSeconds,
    description: '0 to 86,400.',
  })
  minSpacingSeconds?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Same seed and audience, same plan. Default: drawn once from the input and stored.',
  })
  seed?: string | null;
}

@ObjectType('Campaign')
export class CampaignType {
  @Field(() => LocalDate)
  startsOn: string;

  @Field(() => [Int])
  weekdays: number[];

  @Field(() => DailyWindowType)
  window: DailyWindowType;

  @Field(() => Int)
  maxPerDay: number;

  @Field(() => Int)
  minSpacingSeconds: number;

  @Field(() => String)
  seed: string;
}
