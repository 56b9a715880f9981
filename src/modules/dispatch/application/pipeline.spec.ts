import { DEFAULT_RETRY_POLICY } from '../../../core/retry/retry-policy.js';
import { SystemClock } from '../../../platform/clock/clock.js';
import { Logger } from '../../../platform/logging/logger.js';
import type { ClaimedDelivery } from '../dispatch-types.js';
import { NO_FACTS } from '../persistence/facts.repository.js';
import type { Claim } from './claimer.js';
import type { Intents } from './intents.js';
import { Pipeline } from './pipeline.js';
import type { Preparer } from './preparer.js';
import type { Sender } from './sender.js';
import { eventually } from '../../../../test/support/eventually.js';
import type { Settled, Settlement } from './settlement.js';

const CHANNEL = 'channel';

/** A pipeline whose gateway opens when the test says so and whose calls end when the test says so. */
function setup(maxConcurrentCalls: number) {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let isOpen = false;
  let settled: (batch: readonly Settled[]) => void = () => undefined;
  const preparer = {
    prepare: (batch: readonly ClaimedDelivery[]) => ({
      ready: batch.map((delivery) => ({ ...delivery, command: {}, retryPolicy: DEFAULT_RETRY_POLICY })),
      finished: [],
      released: [],
    }),
  };
  const sender = {
    open: () => opened.then(() => (isOpen = true)),
    maxConcurrentCalls: () => (isOpen ? maxConcurrentCalls : undefined),
    leaseMs: () => 1_000,
    call: () => new Promise(() => undefined),
    close: () => Promise.resolve(),
  };
  const ended: string[] = [];
  const commits: ((result: object) => void)[] = [];
  const intents = { commit: () => new Promise((resolve) => commits.push(resolve)) };
  const settlement = {
    onSettled: (listener: typeof settled) => (settled = listener),
    onAbandoned: () => undefined,
    dropLeases: () => undefined,
    end: (batch: readonly Settled[]) => ended.push(...batch.map((ending) => ending.deliveryId)),
    record: () => undefined,
    settled: () => Promise.resolve(),
  };
  const sut = new Pipeline(
    preparer as unknown as Preparer,
    intents as unknown as Intents,
    sender as unknown as Sender,
    settlement as unknown as Settlement,
    new SystemClock(),
    Logger.create('silent'),
  );
  let told = 0;
  sut.onRoom(() => (told += 1));
  return {
    sut,
    commits,
    ended,
    open: () => open(),
    settle: (batch: readonly Settled[]) => settled(batch),
    told: () => told,
  };
}

function aClaim(count: number): Claim {
  const taken = Array.from({ length: count }, (_, index) => ({
    tenantId: 'tenant',
    deliveryId: `delivery-${index}`,
    token: 1,
    scheduleId: 'schedule',
    runId: 'run',
    channelId: CHANNEL,
    channelVersion: 1,
    contactId: `contact-${index}`,
    variation: null,
    clientMessageId: null,
    guarantee: 'at_most_once' as const,
    attemptsBefore: 0,
    doubted: false,
    claimedAtMs: 0,
    dueAtMs: 0,
  }));
  return { token: 1, taken, deferred: [], facts: NO_FACTS, lanes: 1, nextOpenInMs: 0 };
}

describe('Pipeline', () => {
  it('asks for more when it learns that a gateway takes more calls than was assumed', async () => {
    const { sut, open, told } = setup(200);
    const claim = aClaim(sut.roomFor(CHANNEL));
    sut.accept(claim);
    expect(sut.fullChannels()).toEqual([CHANNEL]);
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(told()).toBe(1);
    expect(sut.fullChannels()).toEqual([]);
  });

  it('asks for more when a channel that was passed over has room again, and not before', async () => {
    const { sut, open, settle, told } = setup(20);
    const claim = aClaim(sut.roomFor(CHANNEL));
    sut.accept(claim);
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sut.fullChannels()).toEqual([CHANNEL]);
    expect(told()).toBe(0);
    settle(claim.taken.slice(0, 10));
    expect(told()).toBe(1);
    settle(claim.taken.slice(10));
    expect(told()).toBe(1);
  });

  it('asks for nothing when nothing was passed over', () => {
    const { sut, settle, told } = setup(20);
    const claim = aClaim(3);
    sut.accept(claim);
    expect(sut.fullChannels()).toEqual([]);
    settle(claim.taken);
    expect(told()).toBe(0);
  });

  it('gives back what is not due yet when it stops, and sends none of it', async () => {
    const { sut, open, ended, commits } = setup(20);
    const claim = aClaim(3);
    const later = performance.now() + 3_600_000;
    sut.accept({ ...claim, taken: claim.taken.map((delivery) => ({ ...delivery, dueAtMs: later })) });
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual([]);
    await sut.stop(1_000);
    expect(ended).toEqual(claim.taken.map((delivery) => delivery.deliveryId));
    expect(commits).toEqual([]);
  });

  it('goes on with what waits behind deliveries whose intent was refused', async () => {
    const { sut, open, commits } = setup(2);
    const claim = aClaim(6);
    sut.accept(claim);
    open();
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    await turns();
    expect(commits).toHaveLength(1);
    commits[0]?.({ intended: [], released: [], finished: [] });
    await eventually(() => commits.length === 2);
  });
});
