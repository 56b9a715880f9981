import { Field, Float, InputType, Int, ObjectType } from '@nestjs/graphql';
import { BackoffKind, DEFAULT_RETRY_POLICY } from '../../../core/retry/retry-policy.js';
import './schedule.enums.js';

const DESCRIPTION =
  'Retries follow attempt 1: waits initialSeconds × factor^(n-1), at most maxSeconds, with full jitter when jitter is true.';

@InputType('RetryPolicyInput', { description: DESCRIPTION })
export class RetryPolicyInput {
  @Field(() => Int, { nullable: true, defaultValue: DEFAULT_RETRY_POLICY.maxAttempts })
  maxAttempts?: number | null;

  @Field(() => BackoffKind, { nullable: true, defaultValue: DEFAULT_RETRY_POLICY.backoff })
  backoff?: BackoffKind | null;

  @Field(() => Int, { nullable: true, defaultValue: DEFAULT_RETRY_POLICY.initialSeconds })
  initialSeconds?: number | null;

  @Field(() => Float, { nullable: true, defaultValue: DEFAULT_RETRY_POLICY.factor })
  factor?: number | null;

  @Field(() => Int, { nullable: true, defaultValue: DEFAULT_RETRY_POLICY.maxSeconds })
  maxSeconds?: number | null;

  @Field(() => Boolean, { nullable: true, defaultValue: DEFAULT_RETRY_POLICY.jitter })
  jitter?: boolean | null;
}

@ObjectType('RetryPolicy')
export class RetryPolicyType {
  @Field(() => Int)
  maxAttempts: number;

  @Field(() => BackoffKind)
  backoff: BackoffKind;

  @Field(() => Int)
  initialSeconds: number;

  @Field(() => Float)
  factor: number;

  @Field(() => Int)
  maxSeconds: number;

  @Field(() => Boolean)
  jitter: boolean;
}
