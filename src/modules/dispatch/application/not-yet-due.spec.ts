import { Clock } from '../../../platform/clock/clock.js';
import type { PreparedDelivery } from '../dispatch-types.js';
import { NotYetDue } from './not-yet-due.js';

/** The monotonic clock of jest's timers, a little ahead of it after each turn, so that instants fall between two of its ticks. */
class TurningClock extends Clock {
  turnedMs = 0;

  nowMs(): number {
    return jest.now();
  }

  monotonicMs(): number {
    return jest.now() + this.turnedMs;
  }
}

function setup() {
  const clock = new TurningClock();
  const due: { readonly ids: readonly string[]; readonly atMs: number }[] = [];
  const sut = new NotYetDue(clock, (deliveries) =>
    due.push({ ids: deliveries.map((delivery) => delivery.deliveryId), atMs: clock.monotonicMs() }),
  );
  /** Turns the event loop until something is due. */
  const turnUntilDue = (): void => {
    for (let seen = due.length; due.length === seen; clock.turnedMs += 0.1) jest.advanceTimersToNextTimer();
  };
  return { sut, due, turnUntilDue, clock };
}

function delivery(deliveryId: string, dueAtMs: number): PreparedDelivery {
  return { deliveryId, dueAtMs } as PreparedDelivery;
}

describe('NotYetDue', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000, doNotFake: ['performance'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('passes on at once what is due', () => {
    const { sut, due } = setup();
    sut.add([delivery('a', 1_000), delivery('b', 990), delivery('c', 1_040)]);
    expect(due).toEqual([{ ids: ['a', 'b'], atMs: 1_000 }]);
    expect(sut.takeAll()).toHaveLength(1);
  });

  it('passes on the others in the order of their instants, never before these', () => {
    const { sut, due, turnUntilDue } = setup();
    sut.add([delivery('later', 1_040.55), delivery('sooner', 1_020.25)]);
    sut.add([delivery('between', 1_020.75)]);
    for (let count = 1; count <= 3; count += 1) turnUntilDue();
    expect(due.map(({ ids }) => ids)).toEqual([['sooner'], ['between'], ['later']]);
    const lateMs = due.map(({ atMs }, index) => atMs - [1_020.25, 1_020.75, 1_040.55][index]!);
    for (const late of lateMs) {
      expect(late).toBeGreaterThanOrEqual(0);
      // jest gives a turn of the event loop a millisecond.
      expect(late).toBeLessThan(1.2);
    }
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves what comes right after to a timer, so that the event loop is not turned all the time', () => {
    const { sut, due, turnUntilDue, clock } = setup();
    sut.add([delivery('a', 1_010.5)]);
    turnUntilDue();
    const nextMs = clock.monotonicMs() + 10.5;
    sut.add([delivery('b', nextMs)]);
    jest.advanceTimersToNextTimer();
    expect(due.map(({ ids }) => ids)).toEqual([['a'], ['b']]);
    expect(due[1]?.atMs).toBeGreaterThanOrEqual(nextMs);
  });

  it('does not rest beyond an instant that passes while it looks', () => {
    const { sut, due, turnUntilDue, clock } = setup();
    sut.add([delivery('a', 1_010.5)]);
    turnUntilDue();
    const nowMs = clock.monotonicMs();
    jest
      .spyOn(clock, 'monotonicMs')
      .mockReturnValueOnce(nowMs)
      .mockReturnValue(nowMs + 1);
    const sinceMs = jest.now();
    sut.add([delivery('b', nowMs + 0.5)]);
    jest.advanceTimersToNextTimer();
    expect(due.map(({ ids }) => ids)).toEqual([['a'], ['b']]);
    expect(jest.now() - sinceMs).toBeLessThanOrEqual(1);
  });

  it('passes on those of one instant together', () => {
    const { sut, due, turnUntilDue } = setup();
    sut.add([delivery('a', 1_030), delivery('b', 1_030)]);
    turnUntilDue();
    expect(due.map(({ ids }) => ids)).toEqual([['a', 'b']]);
  });

  it('gives back what waits, and waits for nothing any more', () => {
    const { sut, due } = setup();
    sut.add([delivery('a', 1_030), delivery('b', 1_001)]);
    expect(sut.takeAll().map(({ deliveryId }) => deliveryId)).toEqual(['b', 'a']);
    expect(jest.getTimerCount()).toBe(0);
    expect(due).toEqual([]);
    expect(sut.takeAll()).toEqual([]);
  });
});
