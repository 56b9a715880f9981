import type { GatewaySettings } from '../../src/core/gateway/gateway-factory.js';
import type { StatusEvent } from '../../src/core/gateway/send-outcome.js';
import { simulatorFactory } from '../../src/gateways/simulator/simulator.gateway.js';
import { ManualGatewayClock } from '../support/manual-gateway-clock.js';
import { describeGatewayContract, type ProviderBehaviour } from './gateway-contract.js';

const QUICK = { latencyMs: 0, latencyJitterMs: 0, failureRate: 0 };
const SETTINGS: Readonly<Record<ProviderBehaviour, GatewaySettings>> = {
  accept: QUICK,
  reject: { ...QUICK, failureRate: 1 },
  doubt: { ...QUICK, uncertainRate: 1 },
  hold: { ...QUICK, latencyMs: 20_000 },
  decline: QUICK,
  unreachable: QUICK,
};

describeGatewayContract({
  name: 'SIMULATOR',
  impossible: ['decline', 'unreachable'],
  open(behaviour) {
    const clock = new ManualGatewayClock();
    const announced: StatusEvent[] = [];
    const opened = simulatorFactory.create({
      tenantId: '0198c0de-0000-7000-8000-00000000000a',
      channelId: '0198c0de-0000-7000-8000-00000000000c',
      settings: SETTINGS[behaviour],
      onStatusEvents: (events) => announced.push(...events),
      clock,
    });
    // The provider is inside the gateway: a call has reached it as soon as it is made, unless it was over before.
    let calls = 0;
    const gateway: typeof opened = {
      kind: opened.kind,
      capabilities: opened.capabilities,
      close: () => opened.close(),
      send: async (command, signal) => {
        calls += signal.aborted ? 0 : 1;
        const outcome = await opened.send(command, signal);
        if (outcome.kind === 'notProcessed' && !signal.aborted) calls -= 1;
        return outcome;
      },
    };
    return Promise.resolve({
      gateway,
      clock,
      announced,
      calls: () => calls,
      called: () => Promise.resolve(),
      letGo: () => clock.advance(20_000),
      release: () => Promise.resolve(),
    });
  },
});
