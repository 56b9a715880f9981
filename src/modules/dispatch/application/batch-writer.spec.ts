import { Logger } from '../../../platform/logging/logger.js';
import { BatchWriter } from './batch-writer.js';

function setup(write: (batch: readonly number[]) => Promise<void>, tries = 1) {
  const givenUp: number[] = [];
  const sut = new BatchWriter<number>({
    name: 'test',
    maxBatch: 100,
    maxConcurrent: 1,
    pauseMs: 1,
    tries,
    write,
    giveUp: (batch) => givenUp.push(...batch),
    logger: Logger.create('silent'),
  });
  return { sut, givenUp };
}

describe('BatchWriter', () => {
  it('writes what came while a batch was written together in the next', async () => {
    const batches: number[][] = [];
    const { sut } = setup((batch) => {
      batches.push([...batch]);
      if (batches.length === 1) sut.add([2, 3]);
      return Promise.resolve();
    });
    sut.add([1]);
    await sut.settled();
    expect(batches).toEqual([[1], [2, 3]]);
  });

  describe('in a flood', () => {
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    it('waits a moment between two batches, but not when one is full', async () => {
      const batches: number[] = [];
      const { sut } = setup((batch) => {
        batches.push(batch.length);
        return Promise.resolve();
      });
      sut.add([1]);
      await jest.advanceTimersByTimeAsync(0);
      sut.add([2]);
      await jest.advanceTimersByTimeAsync(0);
      expect(batches).toEqual([1]);
      sut.add([3, 4]);
      await jest.advanceTimersByTimeAsync(1);
      expect(batches).toEqual([1, 3]);
      sut.add(Array.from({ length: 250 }, (_, item) => item));
      await jest.advanceTimersByTimeAsync(0);
      expect(batches).toEqual([1, 3, 100, 100]);
      await jest.advanceTimersByTimeAsync(1);
      expect(batches).toEqual([1, 3, 100, 100, 50]);
    });
  });

  it('keeps an item that the database refuses from failing the others', async () => {
    const written: number[] = [];
    const { sut, givenUp } = setup((batch) => {
      if (batch.includes(3)) return Promise.reject(Object.assign(new Error('bad value'), { code: '22P02' }));
      written.push(...batch);
      return Promise.resolve();
    });
    sut.add([1, 2, 3, 4, 5]);
    await sut.settled();
    expect(written.sort()).toEqual([1, 2, 4, 5]);
    expect(givenUp).toEqual([3]);
  });

  it('tries again what may have failed by chance, and gives up what keeps failing', async () => {
    let calls = 0;
    const { sut, givenUp } = setup(() => Promise.reject(new Error(`try ${(calls += 1)}`)), 2);
    sut.add([1, 2]);
    await sut.settled();
    expect({ calls, givenUp }).toEqual({ calls: 2, givenUp: [1, 2] });
  });
});
