import { Logger } from '../logging/logger.js';
import { HealthChecks, type CheckResult } from './health-checks.js';

describe('the health checks', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('tell what each part says of itself', async () => {
    const checks = new HealthChecks(Logger.create('silent'));
    checks.register('dispatcher', () => ({ ok: true }));
    checks.register('poller', () => Promise.resolve({ ok: false, reason: 'stopped' }));
    expect(Object.fromEntries(await checks.run())).toEqual({
      dispatcher: { ok: true },
      poller: { ok: false, reason: 'stopped' },
    });
  });

  it('take an error for not ok, and keep its text to the log', async () => {
    const checks = new HealthChecks(Logger.create('silent'));
    checks.register('a', () => {
      throw new Error('broken at once');
    });
    checks.register('b', () => Promise.reject(new Error('broken later')));
    expect([...(await checks.run()).values()]).toEqual([
      { ok: false, reason: 'failed' },
      { ok: false, reason: 'failed' },
    ]);
  });

  it('wait a second and no longer, and do not ask again what has not answered', async () => {
    const checks = new HealthChecks(Logger.create('silent'));
    let asked = 0;
    let answer: (result: CheckResult) => void = () => undefined;
    checks.register('slow', () => {
      asked += 1;
      return new Promise((resolve) => (answer = resolve));
    });
    checks.register('quick', () => ({ ok: true }));
    const late = { slow: { ok: false, reason: 'no answer within 1000 ms' }, quick: { ok: true } };
    for (let turn = 0; turn < 3; turn += 1) {
      const found = checks.run();
      await jest.advanceTimersByTimeAsync(1_000);
      expect(Object.fromEntries(await found)).toEqual(late);
    }
    expect(asked).toBe(1);
    const found = checks.run();
    answer({ ok: true });
    expect((await found).get('slow')).toEqual({ ok: true });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('say that the process stops as soon as it does', async () => {
    const checks = new HealthChecks(Logger.create('silent'));
    checks.onModuleDestroy();
    expect(await checks.run()).toEqual(new Map([['process', { ok: false, reason: 'stopping' }]]));
  });

  it('forget a part that has gone, and refuse a second one of its name', async () => {
    const checks = new HealthChecks(Logger.create('silent'));
    const remove = checks.register('dispatcher', () => ({ ok: false, reason: 'stopped' }));
    expect(() => checks.register('dispatcher', () => ({ ok: true }))).toThrow('already');
    remove();
    expect(await checks.run()).toEqual(new Map());
  });
});
