import { Field, InputType, ObjectType } from '@nestjs/graphql';
import { LocalTime } from './scalars.js';

const DESCRIPTION = 'Local hours of a day. 24:00 is its end; a window does not go past midnight.';

/** Local hours as a client writes them. A time that could not be read stands as an InvalidScalar until it is told. */
@InputType('DailyWindowInput', { description: DESCRIPTION })
export class DailyWindowInput {
  @Field(() => LocalTime)
  from: string;

  @Field(() => LocalTime)
  to: string;
}

@ObjectType('DailyWindow', { description: DESCRIPTION })
export class DailyWindowType {
  @Field(() => LocalTime)
  from: string;

  @Field(() => LocalTime)
  to: string;
}
