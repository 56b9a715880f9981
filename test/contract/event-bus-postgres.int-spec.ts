import { Client } from 'pg';
import type { Clock } from '../../src/platform/clock/clock.js';
import type { EventBus } from '../../src/platform/events/event-bus.js';
import {
  EVENT_BUS_TIMING,
  PostgresEventBus,
  type EventBusTiming,
} from '../../src/platform/events/postgres-event-bus.js';
import { decodePayload } from '../../src/platform/events/wire.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { createEmptyTestDatabase, type TestDatabase } from '../support/test-database.js';
import { deliveryChanged, describeEventBus, idOf, listenTo, scheduleChanged } from './event-bus.suite.js';
import { FaultyProxy } from './faulty-proxy.js';

const CHANNEL = 'pontual_events';
const QUICK: EventBusTiming = { ...EVENT_BUS_TIMING, firstRetryMs: 10, maxRetryMs: 50 };

/** Real time, and whatever is added to it. */
class ShiftedClock implements Clock {
  aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.aheadMs;
  }

  monotonicMs(): number {
    return performance.now() + this.aheadMs;
  }
}

let database: TestDatabase;
let admin: Client;

beforeAll(async () => {
  database = await createEmptyTestDatabase();
  admin = new Client({ connectionString: database.url });
  await admin.connect();
});

afterAll(async () => {
  await admin.end();
  await database.drop();
});

function aBus({
  url = database.url,
  timing = {},
  clock = new ShiftedClock(),
}: { url?: string; timing?: Partial<EventBusTiming>; clock?: Clock } = {}) {
  return new PostgresEventBus(url, clock, { next: () => 0.5 }, Logger.create('silent'), { ...QUICK, ...timing });
}

/** Ends the connection of the bus that connected first, as an administrator would. */
async function terminateOldestBus(): Promise<void> {
  const { rows } = await admin.query<{ ended: boolean }>(
    `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'pontual-events' ORDER BY backend_start LIMIT 1`,
  );
  expect(rows).toEqual([{ ended: true }]);
}

async function openConnections(): Promise<number> {
  const { rows } = await admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'pontual-events'`,
  );
  return rows[0]?.count ?? 0;
}

/** Resolves when both have heard of each other, with what a newcomer says and asks behind them. */
async function startTogether(a: PostgresEventBus, b: PostgresEventBus): Promise<void> {
  await a.start();
  await b.start();
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const listener = listenTo(to);
    from.publish([scheduleChanged(0)]);
    await listener.untilEvent(scheduleChanged(0));
    listener.end();
  }
}

/** Resolves when the bus says that it lost something, with the connection back. */
function untilResync(bus: EventBus): Promise<void> {
  return listenTo(bus).until((signal) => signal.kind === 'resync');
}

describeEventBus('PostgresEventBus', async () => {
  const proxy = await FaultyProxy.before(database.url);
  const [a, b] = [aBus(), aBus({ url: proxy.url })];
  await startTogether(a, b);
  return {
    a,
    b,
    interruptB: async () => {
      const resynced = untilResync(b);
      proxy.cut();
      await resynced;
    },
    stopB: () => b.stop(),
    stop: async () => {
      await Promise.all([a.stop(), b.stop()]);
      await proxy.close();
    },
  };
});

/** The raw notifications as any client of the database sees them. */
async function wiretap() {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const texts: string[] = [];
  let wake: () => void = () => undefined;
  client.on('notification', ({ payload }) => {
    texts.push(payload ?? '');
    wake();
  });
  await client.query(`LISTEN ${CHANNEL}`);
  const bodies = () => texts.map((text) => decodePayload(text)?.body);
  return {
    texts,
    batches: () => bodies().filter((body) => body?.kind === 'events'),
    until: async (done: () => boolean) => {
      while (!done()) await new Promise<void>((resolve) => (wake = resolve));
    },
    close: () => client.end(),
  };
}

describe('PostgresEventBus', () => {
  const running: { stop?: () => Promise<void>; close?: () => Promise<void> }[] = [];
  const keep = <T extends (typeof running)[number]>(thing: T): T => {
    running.push(thing);
    return thing;
  };

  afterEach(async () => {
    for (const thing of running.splice(0).reverse()) await (thing.stop?.() ?? thing.close?.());
  });

  it('recovers from a killed connection, resyncs, and then tells what was published meanwhile', async () => {
    const [a, b] = [keep(aBus()), keep(aBus())];
    await startTogether(a, b);
    const [own, other] = [listenTo(a), listenTo(b)];
    await terminateOldestBus();
    a.publish([scheduleChanged(1)]);
    await own.until((signal) => signal.kind === 'resync');
    await other.untilEvent(scheduleChanged(1));
    b.publish([scheduleChanged(2)]);
    await own.untilEvent(scheduleChanged(2));
    expect(other.countOf(scheduleChanged(1))).toBe(1);
  });

  it('notices a connection that is cut without a word, and opens another', async () => {
    const proxy = keep(await FaultyProxy.before(database.url));
    const [a, b] = [keep(aBus()), keep(aBus({ url: proxy.url, timing: { heartbeatMs: 20, echoMs: 100 } }))];
    await startTogether(a, b);
    const other = listenTo(b);
    proxy.freeze();
    a.publish([scheduleChanged(1)]);
    await other.until((signal) => signal.kind === 'resync');
    expect(other.countOf(scheduleChanged(1))).toBe(0);
    a.publish([scheduleChanged(2)]);
    await other.untilEvent(scheduleChanged(2));
  });

  it('starts without a database, keeps a bounded number of events, and makes the others resync for the rest', async () => {
    const proxy = keep(await FaultyProxy.before(database.url));
    proxy.refuse(true);
    const [a, b] = [keep(aBus({ url: proxy.url })), keep(aBus())];
    await b.start();
    await a.start();
    const other = listenTo(b);
    a.publish(Array.from({ length: 20_001 }, (_, number) => deliveryChanged(number)));
    a.publish([{ kind: 'workAvailable', channelIds: [idOf(1)] }]);
    proxy.refuse(false);
    await other.untilEvent({ kind: 'workAvailable', channelIds: [idOf(1)] });
    expect(other.heard).toContainEqual({ kind: 'resync' });
    expect(other.heard.filter((signal) => signal.kind === 'deliveryChanged')).toEqual([]);
  });

  it('sends one batch per flush time however often it is called, each message below the limit of NOTIFY', async () => {
    const tap = keep(await wiretap());
    const a = keep(aBus({ timing: { flushMs: 400 } }));
    await a.start();
    a.publish([scheduleChanged(1)]);
    await tap.until(() => tap.batches().length === 1);
    for (let call = 0; call < 20; call += 1) {
      a.publish(Array.from({ length: 10 }, (_, number) => deliveryChanged(call * 10 + number)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await tap.until(() => tap.batches().flatMap((body) => (body?.kind === 'events' ? body.events : [])).length === 201);
    expect(tap.batches().length).toBeLessThanOrEqual(1 + Math.ceil((200 * 100) / 7_900));
    expect(Math.max(...tap.texts.map((text) => Buffer.byteLength(text)))).toBeLessThan(8_000);
  });

  it('does not let a kick wait for the batch', async () => {
    const tap = keep(await wiretap());
    const a = keep(aBus({ timing: { flushMs: 60_000, kickMs: 1 } }));
    await a.start();
    a.publish([scheduleChanged(1)]);
    await tap.until(() => tap.batches().length === 1);
    a.publish([scheduleChanged(2)]);
    a.publish([{ kind: 'schedulesChanged' }]);
    await tap.until(() => tap.batches().length === 2);
    expect(tap.batches()[1]).toEqual({ kind: 'events', events: [{ kind: 'schedulesChanged' }, scheduleChanged(2)] });
  });

  it('sends nothing while no other replica lives, and makes one that was only silent resync', async () => {
    const tap = keep(await wiretap());
    const clock = new ShiftedClock();
    const [a, b] = [keep(aBus({ clock })), keep(aBus())];
    await startTogether(a, b);
    // b has heard a, and a has heard b; then, as a sees it, b says nothing for a minute.
    b.publish([scheduleChanged(1)]);
    await listenTo(a).untilEvent(scheduleChanged(1));
    clock.aheadMs += 60_000;
    a.publish([scheduleChanged(2)]);
    const other = listenTo(b);
    b.publish([scheduleChanged(3)]);
    await other.until((signal) => signal.kind === 'resync');
    a.publish([scheduleChanged(4)]);
    await other.untilEvent(scheduleChanged(4));
    expect(other.countOf(scheduleChanged(2))).toBe(0);
    await tap.until(() => tap.batches().some((body) => JSON.stringify(body).includes(idOf(4))));
    expect(tap.batches().some((body) => JSON.stringify(body).includes(idOf(2)))).toBe(false);
  });

  it('sends what still waits when it stops, and leaves no connection', async () => {
    const [a, b] = [aBus({ timing: { flushMs: 60_000 } }), keep(aBus())];
    await b.start();
    await a.start();
    const other = listenTo(b);
    a.publish([scheduleChanged(1)]);
    await other.untilEvent(scheduleChanged(1));
    a.publish([scheduleChanged(2)]);
    await a.stop();
    await other.untilEvent(scheduleChanged(2));
    await b.stop();
    // The server needs a moment to see that its client has gone.
    while ((await openConnections()) > 0);
  });

  it('stops at once while it tries to reach a database that does not answer', async () => {
    const proxy = keep(await FaultyProxy.before(database.url));
    proxy.freeze({ also: 'new' });
    const a = aBus({ url: proxy.url });
    const started = a.start();
    await proxy.untilContacted();
    await a.stop();
    await started;
  });
});
