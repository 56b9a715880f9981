import {
  DEFAULT_RETRY_POLICY,
  FIXED_300_SECONDS,
  FIXED_5_SECONDS,
  makeRetryPolicy,
  type RetryPolicyInput,
} from './retry-policy.js';

describe('makeRetryPolicy', () => {
  it('is the default of the contract when nothing is said', () => {
    expect(makeRetryPolicy({})).toEqual({
      ok: true,
      value: {
        maxAttempts: 4,
        backoff: 'EXPONENTIAL',
        initialSeconds: 60,
        factor: 2,
        maxSeconds: 600,
        jitter: true,
      },
    });
    expect(makeRetryPolicy({ maxAttempts: null, jitter: null })).toEqual(makeRetryPolicy({}));
  });

  it.each([DEFAULT_RETRY_POLICY, FIXED_300_SECONDS, FIXED_5_SECONDS])('keeps the preset %p as it is', (preset) => {
    expect(makeRetryPolicy(preset)).toEqual({ ok: true, value: preset });
  });

  it.each<[RetryPolicyInput, string]>([
    [{ maxAttempts: 0 }, 'maxAttempts'],
    [{ maxAttempts: 21 }, 'maxAttempts'],
    [{ maxAttempts: 1.5 }, 'maxAttempts'],
    [{ initialSeconds: 0 }, 'initialSeconds'],
    [{ initialSeconds: 1.5 }, 'initialSeconds'],
    [{ factor: 0.99 }, 'factor'],
    [{ factor: 10.01 }, 'factor'],
    [{ factor: NaN }, 'factor'],
    [{ maxSeconds: 604_801 }, 'maxSeconds'],
    [{ initialSeconds: 61, maxSeconds: 60 }, 'maxSeconds'],
  ])('refuses %p because of %s', (input, field) => {
    const policy = makeRetryPolicy(input);
    expect(policy.ok ? [] : policy.error.map((violation) => violation.field)).toEqual([field]);
  });

  it.each<[RetryPolicyInput]>([
    [{ maxAttempts: 1 }],
    [{ maxAttempts: 20 }],
    [{ initialSeconds: 1 }],
    [{ factor: 1 }],
    [{ factor: 10 }],
    [{ initialSeconds: 60, maxSeconds: 60 }],
    [{ initialSeconds: 604_800, maxSeconds: 604_800 }],
  ])('accepts the bound %p', (input) => {
    expect(makeRetryPolicy(input)).toMatchObject({ ok: true, value: input });
  });

  it('tells the rule and the bounds of each number', () => {
    const policy = makeRetryPolicy({ maxAttempts: 0, initialSeconds: 0, factor: 0, maxSeconds: 0 });
    const seconds = { rule: 'range', message: 'must be a whole number from 1 to 604800' };
    expect(policy).toEqual({
      ok: false,
      error: [
        { field: 'maxAttempts', rule: 'range', message: 'must be a whole number from 1 to 20' },
        { field: 'initialSeconds', ...seconds },
        { field: 'factor', rule: 'range', message: 'must be a number from 1 to 10' },
        { field: 'maxSeconds', ...seconds },
      ],
    });
    expect(makeRetryPolicy({ initialSeconds: 61, maxSeconds: 60 })).toEqual({
      ok: false,
      error: [{ field: 'maxSeconds', rule: 'retry.maxBelowInitial', message: 'must not be less than initialSeconds' }],
    });
  });

  it('names all that is wrong at once, under the path of the input', () => {
    const policy = makeRetryPolicy(
      { maxAttempts: 0, initialSeconds: 0, factor: 0, maxSeconds: 0 },
      'input.retryPolicy',
    );
    expect(policy.ok ? [] : policy.error.map((violation) => violation.field)).toEqual([
      'input.retryPolicy.maxAttempts',
      'input.retryPolicy.initialSeconds',
      'input.retryPolicy.factor',
      'input.retryPolicy.maxSeconds',
    ]);
  });

  it.each([
    [FIXED_300_SECONDS, 300],
    [FIXED_5_SECONDS, 5],
  ])('has presets that make 3 attempts after the first, always the same time apart: %#', (preset, seconds) => {
    expect(preset).toEqual({
      maxAttempts: 4,
      backoff: 'FIXED',
      initialSeconds: seconds,
      factor: 1,
      maxSeconds: seconds,
      jitter: false,
    });
  });

  it('does not refuse a FIXED wait for a maximum that says nothing about it', () => {
    expect(makeRetryPolicy({ backoff: 'FIXED', initialSeconds: 900, maxSeconds: 600 })).toMatchObject({
      ok: true,
      value: { initialSeconds: 900, maxSeconds: 900 },
    });
  });

  it('lifts a maximum that was left out to the first wait', () => {
    expect(makeRetryPolicy({ initialSeconds: 900 })).toMatchObject({ ok: true, value: { maxSeconds: 900 } });
  });
});
