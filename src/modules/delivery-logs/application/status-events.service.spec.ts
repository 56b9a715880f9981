import { EventHub, InMemoryEventBus } from '../../../platform/events/in-memory-event-bus.js';
import type { ProviderEventsRepository } from '../persistence/provider-events.repository.js';
import type { StatusEventApplier } from './status-event-applier.js';
import type { StatusEventSweeper } from './status-event-sweeper.js';
import { StatusEventsService } from './status-events.service.js';

const DELIVERY = { tenantId: 'tenant', deliveryId: '01a1fe65-1e8c-779d-b3a3-270a848ce323' };
const EVENT = { eventKey: 'key', kind: 'SENT' as const, at: 0, deliveryId: DELIVERY.deliveryId };

/** A service whose events all wait for the end of a call. */
function setup() {
  const bus = new InMemoryEventBus(new EventHub());
  const wants: (() => boolean)[] = [];
  jest.spyOn(bus, 'onEvent').mockImplementation((_handle, wantsTenants = () => true) => {
    wants.push(wantsTenants);
    return () => undefined;
  });
  const applier = { store: () => Promise.resolve([DELIVERY]) } as unknown as StatusEventApplier;
  const sweeper = { kick: () => undefined } as StatusEventSweeper;
  const sut = new StatusEventsService(applier, sweeper, {} as ProviderEventsRepository, bus);
  sut.onModuleInit();
  return { sut, isListening: () => wants.some((each) => each()) };
}

describe('what other replicas tell of deliveries', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('matters while an event waits for the end of a call, and no longer than a minute', async () => {
    const { sut, isListening } = setup();
    expect(isListening()).toBe(false);
    await sut.receive(DELIVERY.tenantId, 'channel', [EVENT]);
    expect(isListening()).toBe(true);
    jest.advanceTimersByTime(59_999);
    expect(isListening()).toBe(true);
    jest.advanceTimersByTime(1);
    expect(isListening()).toBe(false);
    await sut.onModuleDestroy();
  });
});
