import { Field, Float, InputType, Int } from '@nestjs/graphql';
import { DailyWindowInput } from '../../../platform/graphql/daily-window.types.js';
import { Json, TimeZone } from '../../../platform/graphql/scalars.js';

@InputType('RateLimitInput')
export class RateLimitInput {
  @Field(() => Int, { description: 'Sustained messages per minute of the channel.' })
  perMinute: number;

  @Field(() => Int, { description: 'How many may go at once after an idle time.' })
  burst: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Sustained messages per minute to one contact; default max(1, perMinute / 10).',
  })
  perContactPerMinute?: number | null;

  @Field(() => Int, { nullable: true, description: 'At most this many a local calendar day; null for no cap.' })
  perDay?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: 0,
    description: 'At least this many seconds between two messages of the channel.',
  })
  minSpacingSeconds?: number | null;
}

@InputType('SimulatorSettingsInput', {
  description:
    'A stand-in gateway for trying things out: made-up latency, failures and later status events, the same for the same seed.',
})
export class SimulatorSettingsInput {
  @Field(() => Int, { nullable: true, defaultValue: 250 })
  latencyMs?: number | null;

  @Field(() => Int, { nullable: true, defaultValue: 150 })
  latencyJitterMs?: number | null;

  @Field(() => Float, { nullable: true, defaultValue: 0.05 })
  failureRate?: number | null;

  @Field(() => Float, { nullable: true, defaultValue: 0 })
  uncertainRate?: number | null;

  @Field(() => Int, { nullable: true, defaultValue: 1500, description: 'null: DELIVERED is never reported.' })
  deliveredAfterMs?: number | null;

  @Field(() => Int, { nullable: true, defaultValue: 6000, description: 'null: READ is never reported.' })
  readAfterMs?: number | null;

  @Field(() => Float, { nullable: true, defaultValue: 0.6 })
  readRate?: number | null;

  @Field(() => String, { nullable: true, description: "Default: the channel's id." })
  seed?: string | null;
}

@InputType('WebhookSettingsInput', {
  description:
    'Any HTTP service of yours. idempotent: it honours Idempotency-Key, so an uncertain call may simply be repeated.',
})
export class WebhookSettingsInput {
  @Field(() => String)
  url: string;

  @Field(() => String, { nullable: true, description: 'A Standard Webhooks secret, whsec_…' })
  secret?: string | null;

  @Field(() => Json, {
    nullable: true,
    description: 'Further request headers, an object of texts; their values are secret.',
  })
  headers?: unknown;

  @Field(() => Int, { nullable: true, defaultValue: 30000 })
  timeoutMs?: number | null;

  @Field(() => Int, { nullable: true, defaultValue: 100 })
  concurrency?: number | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false })
  idempotent?: boolean | null;
}

@InputType('CreateChannelInput', { description: "Exactly one of the gateways' settings, which says the gateway." })
export class CreateChannelInput {
  /** The gateways' adapters know what their settings may be; all violations are told together. */
  static readonly checkedByService = true;

  @Field(() => String)
  name: string;

  @Field(() => SimulatorSettingsInput, { nullable: true })
  simulator?: SimulatorSettingsInput | null;

  @Field(() => WebhookSettingsInput, { nullable: true })
  webhook?: WebhookSettingsInput | null;

  @Field(() => TimeZone, { nullable: true })
  timeZone?: unknown;

  @Field(() => RateLimitInput, { nullable: true })
  rateLimit?: RateLimitInput | null;

  @Field(() => DailyWindowInput, { nullable: true, description: 'null: any hour.' })
  sendingWindow?: DailyWindowInput | null;

  @Field(() => [Int], {
    nullable: true,
    description: 'ISO weekdays, 1 = Monday … 7 = Sunday; default and null: all.',
  })
  sendingWeekdays?: number[] | null;
}

@InputType('UpdateChannelInput', {
  description: 'Settings replace those of the same gateway; a secret left out stays as it is.',
})
export class UpdateChannelInput {
  static readonly checkedByService = true;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => SimulatorSettingsInput, { nullable: true })
  simulator?: SimulatorSettingsInput | null;

  @Field(() => WebhookSettingsInput, { nullable: true })
  webhook?: WebhookSettingsInput | null;

  @Field(() => TimeZone, { nullable: true })
  timeZone?: unknown;

  @Field(() => RateLimitInput, { nullable: true })
  rateLimit?: RateLimitInput | null;

  @Field(() => DailyWindowInput, { nullable: true, description: 'null: any hour.' })
  sendingWindow?: DailyWindowInput | null;

  @Field(() => [Int], {
    nullable: true,
    description: 'ISO weekdays, 1 = Monday … 7 = Sunday; default and null: all.',
  })
  sendingWeekdays?: number[] | null;
}
