import fc from 'fast-check';
import { BufferedSubscription } from './buffered-subscription.js';
import type { DeliveryChanged, Resync, TenantEvent } from './event.js';
import { LocalFanOut } from './local-fan-out.js';

const TENANT = 'tenant';

function changed(deliveryId: string, version: number, facts: Partial<DeliveryChanged> = {}): DeliveryChanged {
  return {
    kind: 'deliveryChanged',
    tenantId: TENANT,
    deliveryId,
    scheduleId: 'schedule',
    previousStatus: 'PENDING',
    status: 'SENDING',
    version,
    atMs: version,
    ...facts,
  };
}

function setup(capacity = 4) {
  const fanOut = new LocalFanOut((error) => {
    throw error;
  });
  const subscription = fanOut.subscribe({ tenantId: TENANT, kinds: ['deliveryChanged'] }, { capacity });
  return { fanOut, subscription: subscription as unknown as BufferedSubscription };
}

/** A reader that has taken one event and then does nothing more. */
async function stalledReader(capacity?: number) {
  const parts = setup(capacity);
  const first = parts.subscription.next();
  parts.fanOut.deliver(changed('first', 1));
  await first;
  return parts;
}

describe('a subscription', () => {
  it('holds no more than its capacity for a reader that stalls, whatever is published', async () => {
    const { fanOut, subscription } = await stalledReader(256);
    let most = 0;
    for (let index = 0; index < 300_000; index += 1) {
      fanOut.deliver(changed(`delivery-${index}`, 1));
      most = Math.max(most, subscription.buffered);
    }
    expect(most).toBe(256);
    const items = subscription.takeBuffered();
    expect(items).toHaveLength(257);
    expect(items.filter((item) => item.kind === 'resync')).toHaveLength(1);
    expect(items[0]).toEqual({ kind: 'resync' });
    expect(items.at(-1)).toMatchObject({ deliveryId: 'delivery-299999' });
  });

  it('makes one event of several about one delivery: from the first status to the last', async () => {
    const { fanOut, subscription } = await stalledReader();
    fanOut.deliver(changed('a', 2, { previousStatus: 'PENDING', status: 'SENDING' }));
    fanOut.deliver(changed('b', 2));
    fanOut.deliver(changed('a', 3, { previousStatus: 'SENDING', status: 'SENT' }));
    fanOut.deliver(changed('a', 4, { previousStatus: 'SENT', status: 'DELIVERED' }));
    expect(subscription.takeBuffered()).toEqual([
      changed('a', 4, { previousStatus: 'PENDING', status: 'DELIVERED' }),
      changed('b', 2),
    ]);
  });

  it('keeps the newer state when an older event comes late', async () => {
    const { fanOut, subscription } = await stalledReader();
    fanOut.deliver(changed('a', 5, { previousStatus: 'SENDING', status: 'FAILED' }));
    fanOut.deliver(changed('a', 4, { previousStatus: 'PENDING', status: 'SENDING' }));
    expect(subscription.takeBuffered()).toEqual([changed('a', 5, { previousStatus: 'SENDING', status: 'FAILED' })]);
  });

  it('tells of a second loss after the first one was read', async () => {
    const { fanOut, subscription } = await stalledReader(1);
    const overflow = () => ['a', 'b'].forEach((id) => fanOut.deliver(changed(id, 1)));
    overflow();
    expect(subscription.takeBuffered().map((item) => item.kind)).toEqual(['resync', 'deliveryChanged']);
    overflow();
    expect(subscription.takeBuffered().map((item) => item.kind)).toEqual(['resync', 'deliveryChanged']);
  });

  it('loses no final status without a resync after it', async () => {
    const events = fc.array(fc.record({ id: fc.nat(9), read: fc.boolean() }), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 1, max: 6 }), async (steps, capacity) => {
        const { fanOut, subscription } = await stalledReader(capacity);
        const truth = new Map<string, number>();
        const seen = new Map<string, number>();
        // What a reader does: it believes the event, and reads everything again on a resync.
        const take = (item: TenantEvent | Resync) => {
          if (item.kind === 'resync') truth.forEach((version, id) => seen.set(id, version));
          if (item.kind === 'deliveryChanged')
            seen.set(item.deliveryId, Math.max(seen.get(item.deliveryId) ?? 0, item.version));
        };
        steps.forEach(({ id, read }, version) => {
          truth.set(`${id}`, version);
          fanOut.deliver(changed(`${id}`, version));
          if (read) subscription.takeBuffered().forEach(take);
        });
        subscription.takeBuffered().forEach(take);
        expect(seen).toEqual(truth);
      }),
    );
  });

  it('costs nothing until it is read', async () => {
    const { fanOut, subscription } = setup();
    fanOut.deliver(changed('before', 1));
    expect(fanOut.subscriptions).toBe(0);
    const next = subscription.next();
    expect(fanOut.subscriptions).toBe(1);
    fanOut.deliver(changed('after', 1));
    expect(await next).toMatchObject({ done: false, value: { deliveryId: 'after' } });
  });

  it('is released by return, also while a read waits', async () => {
    const { fanOut, subscription } = setup();
    const waiting = subscription.next();
    expect(await subscription.return()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(fanOut.subscriptions).toBe(0);
    fanOut.deliver(changed('late', 1));
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
    expect(subscription.buffered).toBe(0);
  });

  it('is released by throw, with the error', async () => {
    const { fanOut, subscription } = setup();
    const waiting = subscription.next();
    await expect(subscription.throw(new Error('socket gone'))).rejects.toThrow('socket gone');
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(fanOut.subscriptions).toBe(0);
  });

  it('is released by leaving a for await loop', async () => {
    const { fanOut, subscription } = setup();
    const reading = (async () => {
      for await (const item of subscription) return item;
      return undefined;
    })();
    fanOut.deliver(changed('a', 1));
    expect(await reading).toMatchObject({ deliveryId: 'a' });
    expect(fanOut.subscriptions).toBe(0);
  });

  it('returned before it was ever read stays ended', async () => {
    const { fanOut, subscription } = setup();
    await subscription.return();
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
    expect(fanOut.subscriptions).toBe(0);
  });

  it('ends with the bus, also when its first read comes after', async () => {
    const { fanOut, subscription } = setup();
    fanOut.end();
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
    expect(fanOut.subscriptions).toBe(0);
  });

  it('answers several waiting reads in their order', async () => {
    const { fanOut, subscription } = setup();
    const reads = [subscription.next(), subscription.next()];
    ['a', 'b'].forEach((id) => fanOut.deliver(changed(id, 1)));
    expect((await Promise.all(reads)).map(({ value }) => (value as DeliveryChanged).deliveryId)).toEqual(['a', 'b']);
  });
});
