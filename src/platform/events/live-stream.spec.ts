import type { EventSubscription } from './event-bus.js';
import { LocalFanOut } from './local-fan-out.js';
import type { DeliveryChanged, Resync } from './event.js';
import { openStream, type StreamGuard } from './live-stream.js';

const anEvent = (deliveryId: string): DeliveryChanged => ({
  kind: 'deliveryChanged',
  tenantId: 't',
  deliveryId,
  scheduleId: 's',
  previousStatus: 'PENDING',
  status: 'SENDING',
  version: 1,
  atMs: 0,
});

function setup(input: { resolve?: (batch: readonly (DeliveryChanged | Resync)[]) => AsyncIterable<string> } = {}) {
  const fanOut = new LocalFanOut(() => undefined);
  const events: EventSubscription<DeliveryChanged> = fanOut.subscribe({ tenantId: 't', kinds: ['deliveryChanged'] });
  const guard = { allowed: true, isAllowed: () => Promise.resolve(guard.allowed), refusal: () => new Error('revoked') };
  const batches: number[] = [];
  async function* names(batch: readonly (DeliveryChanged | Resync)[]): AsyncGenerator<string> {
    batches.push(batch.length);
    for (const signal of batch) yield await Promise.resolve(signal.kind === 'resync' ? 'resync' : signal.deliveryId);
  }
  const sut = openStream(events, guard as StreamGuard, input.resolve ?? names);
  return { sut, fanOut, guard, batches };
}

describe('a live stream', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('costs nothing before it is read', () => {
    const { fanOut } = setup();
    expect(fanOut.subscriptions).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('resolves together what came while its reader was busy', async () => {
    const { sut, fanOut, batches } = setup();
    const first = sut.next();
    fanOut.deliver(anEvent('a'));
    await first;
    for (const id of ['b', 'c', 'd']) fanOut.deliver(anEvent(id));
    expect([(await sut.next()).value, (await sut.next()).value, (await sut.next()).value]).toEqual(['b', 'c', 'd']);
    expect(batches).toEqual([1, 3]);
    await sut.return();
  });

  it('ends at once when it is returned, also while its next waits, and leaves nothing behind', async () => {
    const { sut, fanOut } = setup();
    const waiting = sut.next();
    expect(fanOut.subscriptions).toBe(1);
    await sut.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(fanOut.subscriptions).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves nothing behind when its reader throws into it', async () => {
    const { sut, fanOut } = setup();
    const waiting = sut.next();
    await expect(sut.throw(new Error('reader'))).rejects.toThrow('reader');
    expect((await waiting).done).toBe(true);
    expect(fanOut.subscriptions).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves nothing behind when its rows cannot be read', async () => {
    const { sut, fanOut } = setup({
      // eslint-disable-next-line @typescript-eslint/require-await -- stands for a failing database
      resolve: async function* () {
        throw new Error('the database is away');
      },
    });
    const next = sut.next();
    fanOut.deliver(anEvent('a'));
    await expect(next).rejects.toThrow('the database is away');
    expect(fanOut.subscriptions).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('tells nothing more once its reader may not read it', async () => {
    const { sut, fanOut, guard } = setup();
    const next = sut.next();
    guard.allowed = false;
    fanOut.deliver(anEvent('a'));
    await expect(next).rejects.toThrow('revoked');
    expect(fanOut.subscriptions).toBe(0);
  });

  it('ends within five seconds when its reader may not read it, also when nothing happens', async () => {
    const { sut, fanOut, guard } = setup();
    const next = sut.next();
    const ended = expect(next).rejects.toThrow('revoked');
    guard.allowed = false;
    await jest.advanceTimersByTimeAsync(5_000);
    await ended;
    expect(fanOut.subscriptions).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('goes on when nobody can say for a moment whether it may', async () => {
    const { sut, fanOut, guard } = setup();
    const next = sut.next();
    const answer = guard.isAllowed;
    guard.isAllowed = () => Promise.reject(new Error('the database is away'));
    await jest.advanceTimersByTimeAsync(5_000);
    guard.isAllowed = answer;
    fanOut.deliver(anEvent('a'));
    expect((await next).value).toBe('a');
    await sut.return();
  });

  it('ends with the bus', async () => {
    const { sut, fanOut } = setup();
    const next = sut.next();
    fanOut.end();
    expect((await next).done).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });
});
