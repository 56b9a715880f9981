import type { GatewayFactory, GatewaySettings } from '../../src/core/gateway/gateway-factory.js';
import type { StatusEvent } from '../../src/core/gateway/send-outcome.js';
import { ManualGatewayClock } from '../support/manual-gateway-clock.js';
import { ScriptedHttpServer, type Script } from '../support/scripted-http-server.js';
import type { GatewayHarness, ProviderBehaviour } from './gateway-contract.js';

/** What an adapter that speaks HTTP brings: its settings for a server's address, and how its provider answers. */
export interface HttpAdapterInTest {
  readonly factory: GatewayFactory;
  readonly settingsFor: (serverUrl: string) => GatewaySettings;
  readonly scripts: Readonly<Record<Exclude<ProviderBehaviour, 'hold' | 'unreachable'>, Script>>;
}

/** The contract's harness for an adapter that speaks HTTP, with a real server on this machine as its provider. */
export function httpHarness({ factory, settingsFor, scripts }: HttpAdapterInTest): GatewayHarness {
  return {
    name: factory.kind,
    async open(behaviour) {
      const held: (() => void)[] = [];
      const hold: Script = (request, response) => held.push(() => scripts.accept(request, response));
      const isHolding = behaviour === 'hold' || behaviour === 'unreachable';
      const server = await ScriptedHttpServer.start(isHolding ? hold : scripts[behaviour]);
      const { url } = server;
      if (behaviour === 'unreachable') await server.stop();
      const clock = new ManualGatewayClock();
      const announced: StatusEvent[] = [];
      const settings = factory.settings.complete(settingsFor(url), '');
      if (!settings.ok) throw new Error(`settings of the test are refused: ${JSON.stringify(settings.error)}`);
      const gateway = factory.create({
        tenantId: '0198c0de-0000-7000-8000-00000000000a',
        channelId: '0198c0de-0000-7000-8000-00000000000c',
        settings: settings.value,
        onStatusEvents: (events) => announced.push(...events),
        clock,
      });
      return {
        gateway,
        clock,
        announced,
        calls: () => server.requests.length,
        called: (count) => server.received(count),
        letGo: () => held.splice(0).forEach((answer) => answer()),
        release: () => (behaviour === 'unreachable' ? Promise.resolve() : server.stop()),
      };
    },
  };
}
