import { Field, ObjectType, registerEnumType } from '@nestjs/graphql';
import { OccurrenceDecision, type DescribedOccurrence } from '../../../core/recurrence/describe-occurrence.js';
import { DateTime } from '../../../platform/graphql/scalars.js';

registerEnumType(OccurrenceDecision, {
  name: 'OccurrenceDecision',
  description:
    'What a change of the clock made of a run. NONE: its local time exists once. GAP: it does not exist, and the run is at ' +
    'the end of the gap. OVERLAP: it exists twice.',
});

@ObjectType('NextRun')
export class NextRunType {
  @Field(() => DateTime)
  at: Date;

  @Field(() => String, { description: 'What the clocks of the zone show then: YYYY-MM-DD HH:MM.' })
  localTime: string;

  @Field(() => OccurrenceDecision)
  decision: OccurrenceDecision;

  @Field(() => String, {
    nullable: true,
    description:
      'The decision in a sentence: 02:30 does not exist on 2026-03-08 in America/New_York: runs at 03:00. null for NONE.',
  })
  note: string | null;
}

export function toNextRunType({ at, ...described }: DescribedOccurrence): NextRunType {
  return { ...described, at: new Date(at) };
}
