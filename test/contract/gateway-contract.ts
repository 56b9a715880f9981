import fc from 'fast-check';
import type { OpenGateway } from '../../src/core/gateway/gateway-factory.js';
import type { SendCommand } from '../../src/core/gateway/message-gateway.js';
import { OutcomeClass, PauseScope, type SendOutcome, type StatusEvent } from '../../src/core/gateway/send-outcome.js';
import { isStorable, isStorableJson } from '../../src/core/values/storable.js';
import type { ManualGatewayClock } from '../support/manual-gateway-clock.js';
import { aSendCommand } from '../support/send-command.js';

/**
 * How the provider behaves:
 * accept: it takes every message · reject: it documents that it refused · doubt: it answers what proves nothing ·
 * decline: it documents that it has not processed the request · unreachable: nothing listens there ·
 * hold: it takes the request and answers, as with accept, only when the test lets go.
 */
export type ProviderBehaviour = 'accept' | 'reject' | 'doubt' | 'decline' | 'unreachable' | 'hold';

/** A gateway whose provider is the test's. */
export interface GatewayInTest {
  readonly gateway: OpenGateway;
  readonly clock: ManualGatewayClock;
  /** Status events that the gateway announced by itself. */
  readonly announced: readonly StatusEvent[];
  /** Calls that reached the provider. */
  readonly calls: () => number;
  /** Resolves when that many calls have reached the provider. */
  readonly called: (count: number) => Promise<void>;
  /** hold: lets the provider answer what it has held. */
  readonly letGo: () => void;
  /** Ends the provider, not the gateway. */
  readonly release: () => Promise<void>;
}

/** What an adapter brings to be held to the contract. */
export interface GatewayHarness {
  readonly name: string;
  /** Behaviours that this kind of provider cannot show. */
  readonly impossible?: readonly ProviderBehaviour[];
  open(behaviour: ProviderBehaviour): Promise<GatewayInTest>;
}

/** Enough to find a limit of one or of a pool's default, and quick. */
const CONCURRENT_CALLS = 20;

/** What every adapter must mean by its answers. Call it once for each adapter. */
export function describeGatewayContract(harness: GatewayHarness): void {
  describe(`the gateway contract, kept by ${harness.name}`, () => {
    const opened: GatewayInTest[] = [];
    const open = async (behaviour: ProviderBehaviour): Promise<GatewayInTest> => {
      const inTest = await harness.open(behaviour);
      opened.push(inTest);
      return inTest;
    };
    // Skipped where a provider cannot behave so at all: the simulator declines nothing and is never out of reach.
    const unless = (behaviour: ProviderBehaviour) => (harness.impossible?.includes(behaviour) ? it.skip : it);
    afterEach(async () => {
      for (const { gateway, release } of opened.splice(0)) {
        await gateway.close();
        await release();
      }
    });

    it('says what it can do', async () => {
      const { gateway } = await open('accept');
      expect(gateway.capabilities.maxConcurrentCalls).toBeGreaterThanOrEqual(1);
      expect(gateway.capabilities.callTimeoutMs).toBeGreaterThan(0);
      expect(gateway.capabilities.callTimeoutMs).toBeLessThanOrEqual(60_000);
    });

    it('accepts with the provider’s id, another one for each message', async () => {
      const { gateway } = await open('accept');
      const ids = new Set<string | null>();
      for (const number of [1, 2, 3]) {
        const outcome = await gateway.send(command(number), never());
        expectWellFormed(outcome);
        expect(outcome.kind).toBe('accepted');
        ids.add(outcome.kind === 'accepted' ? outcome.gatewayMessageId : null);
      }
      expect(ids.size).toBe(3);
      expect([...ids].every((id) => typeof id === 'string' && id.length > 0)).toBe(true);
    });

    unless('reject')('rejects with a class, a code and what has to pause, after one call', async () => {
      const { gateway, calls } = await open('reject');
      const outcome = await gateway.send(command(1), never());
      expectWellFormed(outcome);
      expect(outcome.kind).toBe('rejected');
      expect(calls()).toBe(1);
    });

    unless('doubt')('is uncertain when the answer proves nothing, and does not ask again by itself', async () => {
      const { gateway, calls } = await open('doubt');
      const outcome = await gateway.send(command(1), never());
      expectWellFormed(outcome);
      expect(outcome.kind).toBe('uncertain');
      expect(calls()).toBe(1);
    });

    unless('decline')('answers notProcessed when the provider documents it, after one call', async () => {
      const { gateway, calls } = await open('decline');
      const outcome = await gateway.send(command(1), never());
      expectWellFormed(outcome);
      expect(outcome.kind).toBe('notProcessed');
      expect(calls()).toBe(1);
    });

    unless('unreachable')('answers notProcessed when nothing listens there', async () => {
      const { gateway } = await open('unreachable');
      const outcome = await gateway.send(command(1), never());
      expectWellFormed(outcome);
      expect(outcome.kind).toBe('notProcessed');
    });

    it('is uncertain when it is aborted after the request has left', async () => {
      const { gateway, called, clock } = await open('hold');
      const abort = new AbortController();
      const sending = gateway.send(command(1), abort.signal);
      await called(1);
      abort.abort();
      const outcome = await sending;
      expectWellFormed(outcome);
      expect(outcome.kind).toBe('uncertain');
      expect(clock.pending).toBe(0);
    });

    it('sends nothing when it is aborted before it begins, and says so', async () => {
      const { gateway, calls } = await open('accept');
      const outcome = await gateway.send(command(1), AbortSignal.abort());
      expectWellFormed(outcome);
      expect(outcome.kind).toBe('notProcessed');
      expect(calls()).toBe(0);
    });

    it('settles by its own timeout, and claims no refusal then', async () => {
      const { gateway, called, clock } = await open('hold');
      const sending = gateway.send(command(1), never());
      await called(1);
      clock.advance(gateway.capabilities.callTimeoutMs);
      const outcome = await sending;
      expectWellFormed(outcome);
      expect(['accepted', 'uncertain']).toContain(outcome.kind);
    });

    it('has as many calls under way as it says', async () => {
      const { gateway, called, calls, letGo } = await open('hold');
      const count = Math.min(CONCURRENT_CALLS, gateway.capabilities.maxConcurrentCalls);
      const sending = numbers(count).map((number) => gateway.send(command(number), never()));
      await called(count);
      expect(calls()).toBe(count);
      letGo();
      const outcomes = await Promise.all(sending);
      expect(outcomes.map(({ kind }) => kind)).toEqual(numbers(count).map(() => 'accepted'));
    });

    it('lets calls under way end by themselves when it is closed, and takes no further ones', async () => {
      const { gateway, called, calls, letGo } = await open('hold');
      const sending = gateway.send(command(1), never());
      await called(1);
      const closing = gateway.close();
      const late = await gateway.send(command(2), never());
      expectWellFormed(late);
      expect(late.kind).toBe('notProcessed');
      letGo();
      expect((await sending).kind).toBe('accepted');
      await closing;
      expect(calls()).toBe(1);
    });

    it('is quiet once it is closed, and closes twice', async () => {
      const { gateway, called, clock, calls, announced } = await open('hold');
      const abort = new AbortController();
      const sending = gateway.send(command(1), abort.signal);
      await called(1);
      const closing = [gateway.close(), gateway.close()];
      abort.abort();
      expect((await sending).kind).toBe('uncertain');
      await Promise.all([...closing, gateway.close()]);
      expect(clock.pending).toBe(0);
      clock.advance(7_200_000);
      expect(calls()).toBe(1);
      expect(announced).toEqual([]);
    });

    it('announces no status event after it is closed', async () => {
      const { gateway, clock, announced } = await open('accept');
      await gateway.send(command(1), never());
      await gateway.close();
      const before = announced.length;
      clock.advance(7_200_000);
      expect(announced).toHaveLength(before);
      expect(clock.pending).toBe(0);
    });

    it('takes any message without rejecting its promise', async () => {
      const { gateway } = await open('accept');
      const text = fc.string({ unit: 'binary', maxLength: 200 });
      const anyCommand: fc.Arbitrary<SendCommand> = fc.record({
        deliveryId: fc.uuid(),
        channelId: fc.uuid(),
        attempt: fc.integer({ min: 1, max: 20 }),
        to: fc.constant('+5565999990001'),
        contactName: text,
        type: fc.constantFrom('TEXT', 'IMAGE', 'DOCUMENT', 'AUDIO', 'TEMPLATE'),
        text: fc.oneof(text, fc.constant('á'.repeat(4096))),
        attachmentUrl: fc.option(fc.webUrl()),
        attachmentType: fc.option(fc.constant('image/png')),
        template: fc.option(fc.jsonValue()),
        clientMessageId: fc.option(text),
      });
      await fc.assert(
        fc.asyncProperty(anyCommand, async (any) => {
          expectWellFormed(await gateway.send(any, never()));
        }),
        { numRuns: 30 },
      );
    });
  });
}

function command(number: number): SendCommand {
  return aSendCommand({ deliveryId: `0198c0de-0000-7000-8000-${String(number).padStart(12, '0')}` });
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function never(): AbortSignal {
  return new AbortController().signal;
}

/** Outcomes are stored as they are, many in one statement: each has to be complete and storable. */
function expectWellFormed(outcome: SendOutcome): void {
  expect(isStorableJson(outcome)).toBe(true);
  switch (outcome.kind) {
    case 'accepted':
      return;
    case 'rejected':
      expect(Object.values(OutcomeClass)).toContain(outcome.class);
      expect(Object.values(PauseScope)).toContain(outcome.scope);
      expect(outcome.code.length).toBeGreaterThan(0);
      expect(outcome.detail.length).toBeGreaterThan(0);
      return;
    case 'notProcessed':
    case 'uncertain':
      expect(outcome.reason.length).toBeGreaterThan(0);
      expect(isStorable(outcome.reason)).toBe(true);
  }
}
