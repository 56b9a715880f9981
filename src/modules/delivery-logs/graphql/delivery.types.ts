import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import { Connection } from '../../../platform/graphql/pagination.js';
import { DateTime, Json } from '../../../platform/graphql/scalars.js';
import type { DeliveryRow } from '../application/delivery-rows.js';

registerEnumType(DeliveryStatus, {
  name: 'DeliveryStatus',
  description:
    'PENDING waits for dueAt. RATE_LIMITED and RETRYING wait too, for the reason in their name. SENDING is at the gateway. ' +
    'SENT: the gateway took it. DELIVERED and READ: the provider said so. UNCERTAIN: the gateway may or may not have taken it. ' +
    'FAILED, CANCELLED, EXPIRED (too late to be worth sending), SUPPRESSED (opted out, no address) are final until retried by a person.',
});

@ObjectType('DeliveryAttempt')
export class DeliveryAttemptType {
  @Field(() => Int)
  number: number;

  @Field(() => DateTime)
  startedAt: Date;

  @Field(() => DateTime, { nullable: true })
  finishedAt: Date | null;

  @Field(() => String, {
    description: 'calling, accepted, rejected, not_processed, uncertain, lease_expired or not_called.',
  })
  outcome: string;

  @Field(() => String, { nullable: true })
  errorCode: string | null;

  @Field(() => String, { nullable: true })
  errorMessage: string | null;

  @Field(() => Int, { nullable: true })
  durationMs: number | null;
}

/** `schedule`, `isTest`, `contact`, `channel`, `content` and `attempts` are resolved by DeliveryFieldsResolver, from the row. */
@ObjectType('Delivery', { description: 'One message to one contact.' })
export class DeliveryType {
  /** No fields of the API. `isLive`: it is told by a subscription. */
  row: DeliveryRow;
  isLive: boolean;

  @Field(() => ID)
  id: string;

  @Field(() => ID)
  runId: string;

  @Field(() => DeliveryStatus)
  status: DeliveryStatus;

  @Field(() => Int)
  priority: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Place of the text among the variations, from 0; null when there are none.',
  })
  variation: number | null;

  @Field(() => String, { nullable: true })
  nicknameUsed: string | null;

  @Field(() => DateTime)
  dueAt: Date;

  @Field(() => Int, { description: 'Number of attempts begun.' })
  attempt: number;

  @Field(() => String, { nullable: true })
  gatewayMessageId: string | null;

  @Field(() => Json, { nullable: true })
  gatewayResponse: unknown;

  @Field(() => String, { nullable: true })
  errorCode: string | null;

  @Field(() => String, { nullable: true })
  errorMessage: string | null;

  @Field(() => String, { nullable: true })
  clientMessageId: string | null;

  @Field(() => DateTime)
  createdAt: Date;

  @Field(() => DateTime, { nullable: true })
  sentAt: Date | null;

  @Field(() => DateTime, { nullable: true })
  deliveredAt: Date | null;

  @Field(() => DateTime, { nullable: true })
  readAt: Date | null;

  @Field(() => DateTime, { nullable: true })
  failedAt: Date | null;

  @Field(() => Int, { description: 'Rises with every change; send it back as expectedVersion.' })
  version: number;
}

@ObjectType('DeliveryConnection')
export class DeliveryConnectionType extends Connection(DeliveryType) {}

@ObjectType('DeliveryEvent')
export class DeliveryEventType {
  @Field(() => DeliveryType, { description: 'As it is now: possibly further than this event tells.' })
  delivery: DeliveryType;

  @Field(() => DeliveryStatus, {
    nullable: true,
    description: 'null: it was just made, or events were lost on the way.',
  })
  previousStatus: DeliveryStatus | null;

  @Field(() => DeliveryStatus)
  status: DeliveryStatus;

  @Field(() => DateTime)
  at: Date;
}

@ObjectType('MessageSentData')
export class MessageSentDataType {
  @Field(() => ID, { description: "The delivery's id." })
  messageId: string;

  @Field(() => String, { description: 'queued, sent, delivered, read or failed.' })
  status: string;

  @Field(() => String)
  to: string;

  @Field(() => DateTime)
  timestamp: Date;

  @Field(() => String, { nullable: true })
  error: string | null;

  @Field(() => String, { nullable: true })
  clientMessageId: string | null;
}

@ObjectType('MessageSentEvent', { description: 'The flat event that chat front ends listen to, version v1.' })
export class MessageSentEventType {
  @Field(() => String)
  event: string;

  @Field(() => MessageSentDataType)
  data: MessageSentDataType;

  @Field(() => String)
  version: string;
}
