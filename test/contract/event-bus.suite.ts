import type { BusEvent, BusSignal, DeliveryChanged } from '../../src/platform/events/event.js';
import type { EventBus } from '../../src/platform/events/event-bus.js';

/** The buses of two replicas of one installation. */
export interface TwoReplicas {
  readonly a: EventBus;
  readonly b: EventBus;
  /** Makes b lose its ears for a moment; resolves when it hears again. */
  interruptB(): Promise<void>;
  /** Stops b alone. */
  stopB(): Promise<void>;
  /** Stops both. */
  stop(): Promise<void>;
}

const TENANT = '0190d6a0-0000-7000-8000-000000000001';
const OTHER_TENANT = '0190d6a0-0000-7000-8000-000000000002';

/** An id as the database makes them, told apart by its number. */
export function idOf(number: number): string {
  return `0190d6a0-1111-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function deliveryChanged(number: number, facts: Partial<DeliveryChanged> = {}): DeliveryChanged {
  return {
    kind: 'deliveryChanged',
    tenantId: TENANT,
    deliveryId: idOf(number),
    scheduleId: idOf(900_000),
    channelId: idOf(900_001),
    runId: idOf(900_002),
    contactId: idOf(500_000 + number),
    previousStatus: 'SENDING',
    status: 'SENT',
    version: 3,
    atMs: 1_795_000_000_123,
    ...facts,
  };
}

export function scheduleChanged(number: number, facts: { tenantId?: string; version?: number } = {}): BusEvent {
  return { kind: 'scheduleChanged', tenantId: TENANT, scheduleId: idOf(number), version: 1, ...facts };
}

/** Everything that a bus hears, and the moment at which it hears something in particular. */
export function listenTo(bus: EventBus, wantsTenants?: () => boolean) {
  const heard: BusSignal[] = [];
  const waiting = new Set<{ matches: (signal: BusSignal) => boolean; resolve: () => void }>();
  const end = bus.onEvent((signal) => {
    heard.push(signal);
    for (const waiter of waiting) {
      if (!waiter.matches(signal)) continue;
      waiting.delete(waiter);
      waiter.resolve();
    }
  }, wantsTenants);
  const until = (matches: (signal: BusSignal) => boolean): Promise<void> =>
    heard.some(matches) ? Promise.resolve() : new Promise((resolve) => waiting.add({ matches, resolve }));
  return {
    heard,
    end,
    until,
    untilEvent: (event: BusEvent) => until((signal) => isSame(signal, event)),
    countOf: (event: BusEvent) => heard.filter((signal) => isSame(signal, event)).length,
  };
}

function isSame(signal: BusSignal, event: BusEvent): boolean {
  return JSON.stringify(signal) === JSON.stringify(event);
}

/** What every EventBus means. */
export function describeEventBus(name: string, open: () => Promise<TwoReplicas>): void {
  describe(`${name} as an EventBus`, () => {
    let replicas: TwoReplicas;

    beforeEach(async () => {
      replicas = await open();
    });

    afterEach(async () => {
      await replicas.stop();
    });

    it('has told the readers of its own process when publish returns', () => {
      const own = listenTo(replicas.a);
      replicas.a.publish([deliveryChanged(1), { kind: 'workAvailable', channelIds: [idOf(5)] }]);
      expect(own.heard).toEqual([deliveryChanged(1), { kind: 'workAvailable', channelIds: [idOf(5)] }]);
    });

    it('tells the other replica everything once, fact by fact', async () => {
      const other = listenTo(replicas.b);
      const events: BusEvent[] = [
        deliveryChanged(1),
        {
          kind: 'deliveryChanged',
          tenantId: OTHER_TENANT,
          deliveryId: idOf(2),
          scheduleId: idOf(900_000),
          previousStatus: null,
          status: 'PENDING',
          version: 1,
          atMs: 0,
        },
        scheduleChanged(3, { version: 12 }),
        { kind: 'workAvailable', channelIds: [idOf(900_001)] },
        { kind: 'schedulesChanged' },
      ];
      replicas.a.publish(events);
      await Promise.all(events.map((event) => other.untilEvent(event)));
      replicas.a.publish([scheduleChanged(99)]);
      await other.untilEvent(scheduleChanged(99));
      for (const event of events) expect(other.countOf(event)).toBe(1);
    });

    it('brings the loops of the other replica theirs where nobody wants the rest, and misses nothing by that', async () => {
      const work: BusEvent = { kind: 'workAvailable', channelIds: [idOf(900_001)] };
      const loop = listenTo(replicas.b, () => false);
      replicas.a.publish(Array.from({ length: 500 }, (_, number) => deliveryChanged(number)));
      replicas.a.publish([work]);
      await loop.untilEvent(work);
      const reader = listenTo(replicas.b);
      replicas.a.publish([scheduleChanged(1)]);
      await reader.untilEvent(scheduleChanged(1));
      expect([...loop.heard, ...reader.heard].filter(({ kind }) => kind === 'resync')).toEqual([]);
    });

    it('does not hear itself twice', async () => {
      const [own, other] = [listenTo(replicas.a), listenTo(replicas.b)];
      replicas.a.publish([scheduleChanged(1)]);
      await other.untilEvent(scheduleChanged(1));
      // Sent after a's own notification had gone out, so a would have heard that one by now.
      replicas.b.publish([scheduleChanged(2)]);
      await own.untilEvent(scheduleChanged(2));
      expect(own.countOf(scheduleChanged(1))).toBe(1);
      expect(other.countOf(scheduleChanged(2))).toBe(1);
    });

    it('brings over more than fits into one message', async () => {
      const other = listenTo(replicas.b);
      const events = Array.from({ length: 3_000 }, (_, number) => deliveryChanged(number));
      replicas.a.publish(events);
      await other.untilEvent(deliveryChanged(2_999));
      expect(other.heard).toEqual(events);
    });

    it('lets a subscriber see what its filter asks for, from either replica', async () => {
      const subscription = replicas.b.subscribe({
        tenantId: TENANT,
        kinds: ['deliveryChanged'],
        accept: (event) => event.status !== 'SENDING',
      });
      const first = subscription.next();
      const unwanted = [
        deliveryChanged(1, { tenantId: OTHER_TENANT }),
        deliveryChanged(2, { status: 'SENDING' }),
        scheduleChanged(3),
      ];
      replicas.a.publish([...unwanted, deliveryChanged(4)]);
      expect(await first).toEqual({ done: false, value: deliveryChanged(4) });
      replicas.b.publish([...unwanted, deliveryChanged(5)]);
      expect(await subscription.next()).toEqual({ done: false, value: deliveryChanged(5) });
      expect(subscription.takeBuffered()).toEqual([]);
    });

    it('keeps one event per delivery and at most the capacity for a reader that is behind', async () => {
      const subscription = replicas.a.subscribe({ tenantId: TENANT, kinds: ['deliveryChanged'] }, { capacity: 2 });
      const first = subscription.next();
      replicas.a.publish([deliveryChanged(0)]);
      await first;
      replicas.a.publish(
        [1, 2, 3].map((number) => deliveryChanged(number, { previousStatus: 'PENDING', status: 'SENDING' })),
      );
      replicas.a.publish([deliveryChanged(3, { version: 4 })]);
      expect(subscription.takeBuffered()).toEqual([
        { kind: 'resync' },
        deliveryChanged(2, { previousStatus: 'PENDING', status: 'SENDING' }),
        deliveryChanged(3, { previousStatus: 'PENDING', version: 4 }),
      ]);
    });

    it('tells every reader to resync after it could not hear', async () => {
      const other = listenTo(replicas.b);
      const next = replicas.b.subscribe({ tenantId: TENANT, kinds: ['scheduleChanged'] }).next();
      await replicas.interruptB();
      await other.until((signal) => signal.kind === 'resync');
      expect(await next).toEqual({ done: false, value: { kind: 'resync' } });
      replicas.a.publish([scheduleChanged(7)]);
      await other.untilEvent(scheduleChanged(7));
    });

    it('goes on telling the others when one handler throws', () => {
      replicas.a.onEvent(() => {
        throw new Error('a careless handler');
      });
      const own = listenTo(replicas.a);
      replicas.a.publish([scheduleChanged(1)]);
      expect(own.heard).toEqual([scheduleChanged(1)]);
    });

    it('calls a handler no more once it has ended', () => {
      const own = listenTo(replicas.a);
      own.end();
      replicas.a.publish([scheduleChanged(1)]);
      expect(own.heard).toEqual([]);
    });

    it('ends the subscriptions when it stops, and bears being used afterwards', async () => {
      const waiting = replicas.b.subscribe({ tenantId: TENANT, kinds: ['scheduleChanged'] }).next();
      const late = replicas.b.subscribe({ tenantId: TENANT, kinds: ['scheduleChanged'] });
      await replicas.stopB();
      expect(await waiting).toEqual({ done: true, value: undefined });
      expect(await late.next()).toEqual({ done: true, value: undefined });
      replicas.b.publish([scheduleChanged(1)]);
    });
  });
}
