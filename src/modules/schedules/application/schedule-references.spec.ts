import type { GatewayFactory } from '../../../core/gateway/gateway-factory.js';
import type { Clock } from '../../../platform/clock/clock.js';
import { GatewayRegistry } from '../../../platform/gateways/gateway-registry.js';
import { ScheduleReferences } from './schedule-references.js';

function referencesWith(...factories: Partial<GatewayFactory>[]): ScheduleReferences {
  const nobody = undefined as never;
  const gateways = new GatewayRegistry(factories as GatewayFactory[], undefined as unknown as Clock);
  return new ScheduleReferences(nobody, nobody, nobody, nobody, gateways);
}

describe('carriesConversations', () => {
  it('is what the adapter of the channel’s gateway says, and false when it says nothing', () => {
    const references = referencesWith(
      { kind: 'CHATWOOT', carriesConversations: true },
      { kind: 'TWILIO', carriesConversations: false },
      { kind: 'SIMULATOR' },
    );
    const carries = (['CHATWOOT', 'TWILIO', 'SIMULATOR'] as const).map((gateway) =>
      references.carriesConversations({ gateway }),
    );
    expect(carries).toEqual([true, false, false]);
  });
});
