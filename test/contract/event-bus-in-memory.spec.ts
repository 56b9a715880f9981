import { EventHub, InMemoryEventBus } from '../../src/platform/events/in-memory-event-bus.js';
import { describeEventBus } from './event-bus.suite.js';

describeEventBus('InMemoryEventBus', () => {
  const hub = new EventHub();
  const [a, b] = [new InMemoryEventBus(hub), new InMemoryEventBus(hub)];
  return Promise.resolve({
    a,
    b,
    interruptB: () => Promise.resolve(b.loseEvents()),
    stopB: () => Promise.resolve(b.stop()),
    stop: () => Promise.resolve([a, b].forEach((bus) => bus.stop())),
  });
});
