import { Logger } from '../logging/logger.js';
import { Ticker, type TickerOptions, type TickerWork } from './ticker.js';

const silent = Logger.create('silent');

function setup(work: TickerWork = () => Promise.resolve(), options: Partial<TickerOptions> = {}) {
  const starts: number[] = [];
  const sut = new Ticker(
    () => {
      starts.push(jest.now());
      return work();
    },
    { name: 'test', intervalMs: 1_000, ...options },
    silent,
  );
  return { sut, starts };
}

describe('Ticker', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('runs at once and then after each interval', async () => {
    const { sut, starts } = setup();
    sut.start();
    await jest.advanceTimersByTimeAsync(2_500);
    expect(starts).toEqual([0, 1_000, 2_000]);
    await sut.stop();
  });

  it('runs sooner when it is kicked, once for many kicks', async () => {
    const { sut, starts } = setup();
    sut.start();
    await jest.advanceTimersByTimeAsync(300);
    for (let kick = 0; kick < 5; kick += 1) sut.kick();
    await jest.advanceTimersByTimeAsync(1_200);
    expect(starts).toEqual([0, 300, 1_300]);
    await sut.stop();
  });

  it('never runs twice at once, and runs once more for a kick that came meanwhile', async () => {
    let running = 0;
    let most = 0;
    const { sut, starts } = setup(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 400));
      running -= 1;
    });
    sut.start();
    await jest.advanceTimersByTimeAsync(100);
    sut.kick();
    sut.kick();
    await jest.advanceTimersByTimeAsync(900);
    expect(most).toBe(1);
    expect(starts.length).toBe(2);
    expect(starts[1]).toBeLessThan(410);
    const stopped = sut.stop();
    await jest.advanceTimersByTimeAsync(1_000);
    await stopped;
  });

  it('keeps the spacing between runs however often it is kicked', async () => {
    const { sut, starts } = setup(undefined, { spacingMs: 200 });
    sut.start();
    for (let ms = 0; ms < 1_000; ms += 10) {
      await jest.advanceTimersByTimeAsync(10);
      sut.kick();
    }
    expect(starts.length).toBeLessThanOrEqual(6);
    expect(starts.length).toBeGreaterThanOrEqual(5);
    await sut.stop();
  });

  it('runs again when the work asks for it, and not later than the interval', async () => {
    const wishes = [50, 5_000];
    const { sut, starts } = setup(() => Promise.resolve(wishes.shift()));
    sut.start();
    await jest.advanceTimersByTimeAsync(1_100);
    expect(starts).toEqual([0, 50, 1_050]);
    await sut.stop();
  });

  it('tries again with growing pauses after errors, which kicks do not shorten, and recovers', async () => {
    let failures = 3;
    const { sut, starts } = setup(() => {
      if (failures === 0) return Promise.resolve();
      failures -= 1;
      return Promise.reject(new Error('the database is away'));
    });
    sut.start();
    await jest.advanceTimersByTimeAsync(100);
    sut.kick();
    await jest.advanceTimersByTimeAsync(3_000);
    expect(starts).toEqual([0, 250, 750, 1_750, 2_750]);
    await sut.stop();
  });

  it('stops when the present run has ended, and does not run again', async () => {
    let finish: () => void = () => undefined;
    const { sut, starts } = setup(() => new Promise<void>((resolve) => (finish = resolve)));
    sut.start();
    await jest.advanceTimersByTimeAsync(0);
    let isStopped = false;
    const stopped = sut.stop().then(() => (isStopped = true));
    await jest.advanceTimersByTimeAsync(5_000);
    expect(isStopped).toBe(false);
    finish();
    await stopped;
    sut.kick();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(starts).toEqual([0]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ignores kicks before it is started', async () => {
    const { sut, starts } = setup();
    sut.kick();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(starts).toEqual([]);
  });
});
