import { Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { GatewayKind } from '../../../core/gateway/message-gateway.js';
import { DailyWindowType } from '../../../platform/graphql/daily-window.types.js';
import { Json, TimeZone } from '../../../platform/graphql/scalars.js';
import { CHANNEL_STATUS, type ChannelStatus } from '../channel-status.js';

registerEnumType(GatewayKind, { name: 'GatewayKind' });
registerEnumType(CHANNEL_STATUS, { name: 'ChannelStatus' });

@ObjectType('RateLimit')
export class RateLimitType {
  @Field(() => Int)
  perMinute: number;

  @Field(() => Int)
  burst: number;

  @Field(() => Int)
  perContactPerMinute: number;

  @Field(() => Int, { nullable: true })
  perDay: number | null;

  @Field(() => Int)
  minSpacingSeconds: number;
}

@ObjectType('RateLimitStatus')
export class RateLimitStatusType {
  @Field(() => ID)
  channelId: string;

  @Field(() => Float, { description: 'Messages that could go right now.' })
  availableTokens: number;

  @Field(() => Int)
  capacity: number;

  @Field(() => Float, { description: 'Seconds until the next message may go; 0 when one may go now.' })
  waitSeconds: number;

  @Field(() => Int)
  activeContactBuckets: number;

  @Field(() => Int)
  sentToday: number;
}

@ObjectType('Channel', { description: 'One sender: a WhatsApp number, an instance, an inbox.' })
export class ChannelType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  name: string;

  @Field(() => GatewayKind)
  gateway: GatewayKind;

  @Field(() => CHANNEL_STATUS)
  status: ChannelStatus;

  @Field(() => Json, { description: 'Settings without secrets: a secret reads as null or a mask, never as its value.' })
  settings: Readonly<Record<string, unknown>>;

  @Field(() => TimeZone)
  timeZone: string;

  @Field(() => RateLimitType)
  rateLimit: RateLimitType;

  @Field(() => DailyWindowType, {
    nullable: true,
    description: 'Local hours in which anything may be sent; what is due outside them waits. null: any hour.',
  })
  sendingWindow: DailyWindowType | null;

  @Field(() => [Int], { description: 'ISO weekdays on which anything may be sent.' })
  sendingWeekdays: readonly number[];

  @Field(() => String, {
    nullable: true,
    description: "Why the channel is PAUSED or DISCONNECTED: a person's word or the circuit breaker's finding.",
  })
  statusReason: string | null;

  @Field(() => String, { nullable: true, description: 'Where the provider must post its status events.' })
  webhookPath: string | null;
}
