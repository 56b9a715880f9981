import { ManualGatewayClock } from '../../../test/support/manual-gateway-clock.js';
import { aSendCommand } from '../../../test/support/send-command.js';
import type { StatusEvent } from '../../core/gateway/send-outcome.js';
import { simulatorFactory } from './simulator.gateway.js';

const setup = (settings: Readonly<Record<string, unknown>> = {}, channelId = 'channel') => {
  const clock = new ManualGatewayClock();
  const batches: StatusEvent[][] = [];
  const gateway = simulatorFactory.create({
    tenantId: 'tenant',
    channelId,
    settings: { failureRate: 0, ...settings },
    onStatusEvents: (events) => batches.push([...events]),
    clock,
  });
  return { gateway, clock, batches };
};
const command = (number: number) => aSendCommand({ deliveryId: `delivery-${number}` });
const never = new AbortController().signal;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('SimulatorGateway', () => {
  it('answers after its latency, not before', async () => {
    const { gateway, clock } = setup({ latencyMs: 100, latencyJitterMs: 0 });
    const answers: string[] = [];
    const sending = gateway.send(command(1), never).then(({ kind }) => answers.push(kind));
    clock.advance(99);
    await Promise.resolve();
    expect(answers).toEqual([]);
    clock.advance(1);
    await sending;
    expect(answers).toEqual(['accepted']);
  });

  it('needs no timer to answer without latency', async () => {
    const { gateway, clock } = setup({ latencyMs: 0, latencyJitterMs: 0, deliveredAfterMs: null, readAfterMs: null });
    expect(await gateway.send(command(1), never)).toMatchObject({
      kind: 'accepted',
      gatewayMessageId: 'sim-delivery-1-1',
    });
    expect(clock.pending).toBe(0);
  });

  it('reports each accepted message as delivered and then as read, once, at its time and with both ids', async () => {
    const { gateway, clock, batches } = setup({
      latencyMs: 0,
      latencyJitterMs: 0,
      deliveredAfterMs: 1_000,
      readAfterMs: 5_000,
      readRate: 1,
    });
    const acceptedAt = clock.nowMs();
    await Promise.all(numbers(50).map((number) => gateway.send(command(number), never)));
    clock.advance(499);
    expect(batches).toEqual([]);
    clock.advance(10_000);
    const events = batches.flat();
    expect(events.filter(({ kind }) => kind === 'DELIVERED')).toHaveLength(50);
    expect(events.filter(({ kind }) => kind === 'READ')).toHaveLength(50);
    expect(new Set(events.map(({ eventKey }) => eventKey)).size).toBe(100);
    for (const event of events.filter(({ deliveryId }) => deliveryId === 'delivery-7')) {
      expect(event.gatewayMessageId).toBe('sim-delivery-7-1');
      expect(event.at).toBeGreaterThanOrEqual(acceptedAt + 500);
    }
    expect(clock.pending).toBe(0);
  });

  it('never announces an event before the time that it names', async () => {
    const { gateway, clock, batches } = setup({ latencyMs: 0, latencyJitterMs: 0, deliveredAfterMs: 333 });
    await Promise.all(numbers(20).map((number) => gateway.send(command(number), never)));
    for (const _ of numbers(1_000)) {
      clock.advance(1);
      for (const { at } of batches.splice(0).flat()) {
        expect(at).toBeLessThanOrEqual(clock.nowMs());
        expect(at).toBeGreaterThan(clock.nowMs() - 21);
      }
    }
  });

  it('keeps few timers for many events', async () => {
    const { gateway, clock } = setup({ latencyMs: 0, latencyJitterMs: 0, deliveredAfterMs: 1_000, readAfterMs: null });
    await Promise.all(numbers(5_000).map((number) => gateway.send(command(number), never)));
    expect(clock.pending).toBeLessThanOrEqual(52);
  });

  it('does the same for every gateway with the same seed, by default the channel', async () => {
    const given = { failureRate: 0.5, latencyMs: 0, latencyJitterMs: 0 };
    const kinds = async (settings: Readonly<Record<string, unknown>>, channelId?: string) => {
      const { gateway } = setup({ ...given, ...settings }, channelId);
      return Promise.all(numbers(100).map(async (number) => (await gateway.send(command(number), never)).kind));
    };
    expect(await kinds({}, 'a')).toEqual(await kinds({}, 'a'));
    expect(await kinds({}, 'a')).not.toEqual(await kinds({}, 'b'));
    expect(await kinds({ seed: 's' }, 'a')).toEqual(await kinds({ seed: 's' }, 'b'));
  });

  it('cannot be made of settings that are not valid', () => {
    expect(() => setup({ failureRate: 2 })).toThrow(/not valid/);
  });
});
