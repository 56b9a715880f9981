import { keepsInstantUntil } from './lateness.js';

describe('the lateness of a delivery of a campaign', () => {
  it.each(['none', 'rate_limit', 'paused'] as const)(
    'begins a minute after its instant when it waits for %s',
    (reason) => {
      expect(keepsInstantUntil(1_000_000, reason)).toBe(61_000_000);
    },
  );

  it('never begins when it waits for its next attempt', () => {
    expect(keepsInstantUntil(1_000_000, 'retry')).toBe(Infinity);
  });
});
