import { Field, ObjectType } from '@nestjs/graphql';
import { GATE_KINDS } from '../../../core/explanation/gate.js';
import { DateTime } from '../../../platform/graphql/scalars.js';

@ObjectType('DeliveryGate', { description: `kind: ${GATE_KINDS.join(', ')}.` })
export class DeliveryGateType {
  @Field(() => String)
  kind: string;

  @Field(() => Boolean, { description: 'It holds the delivery back, now or when the others no longer do.' })
  blocking: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it no longer does; null when it is not blocking, and until a person acts.',
  })
  until: Date | null;

  @Field(() => String)
  detail: string;
}

@ObjectType('DeliveryExplanation', {
  description:
    'Why the delivery has not gone yet, or never will, and when it will: computed by the same functions that dispatch.',
})
export class DeliveryExplanationType {
  @Field(() => String, { description: 'One sentence that names the gate that opens last, or what became of it.' })
  summary: string;

  @Field(() => [DeliveryGateType], { description: 'In a fixed order; also those that do not hold it back.' })
  gates: DeliveryGateType[];

  @Field(() => DateTime, {
    nullable: true,
    description:
      'The first instant at which nothing holds it back; null when a person has to act, and when it has ended.',
  })
  earliestSendAt: Date | null;
}
