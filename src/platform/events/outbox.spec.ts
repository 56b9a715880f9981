import type { BusEvent } from './event.js';
import { Outbox } from './outbox.js';

function scheduleChanged(scheduleId: string, version = 1): BusEvent {
  return { kind: 'scheduleChanged', tenantId: 'tenant', scheduleId, version };
}

function filled(capacity: number, events: readonly BusEvent[]): Outbox {
  const outbox = new Outbox(capacity);
  for (const event of events) outbox.add(event);
  return outbox;
}

describe('the outbox', () => {
  it('sends the newest state of each thing once, kicks first', () => {
    const outbox = filled(10, [
      scheduleChanged('a', 1),
      scheduleChanged('b', 1),
      { kind: 'schedulesChanged' },
      { kind: 'workAvailable', channelIds: ['x'] },
      scheduleChanged('a', 2),
      { kind: 'workAvailable', channelIds: ['y', 'x'] },
      { kind: 'schedulesChanged' },
    ]);
    expect(outbox.take()).toEqual({
      overflowed: false,
      events: [
        { kind: 'schedulesChanged' },
        { kind: 'workAvailable', channelIds: ['x', 'y'] },
        scheduleChanged('a', 2),
        scheduleChanged('b', 1),
      ],
    });
    expect(outbox.isEmpty).toBe(true);
  });

  it('names no channel when one kick names none or all of them are too many', () => {
    const many = Array.from({ length: 101 }, (_, index) => `channel-${index}`);
    expect(filled(10, [{ kind: 'workAvailable', channelIds: ['x'] }, { kind: 'workAvailable' }]).take().events).toEqual(
      [{ kind: 'workAvailable' }],
    );
    expect(
      filled(10, [
        { kind: 'workAvailable', channelIds: ['x'] },
        { kind: 'workAvailable', channelIds: many },
      ]).take().events,
    ).toEqual([{ kind: 'workAvailable' }]);
  });

  it('forgets everything but kicks past its capacity and says so once', () => {
    const outbox = filled(2, [
      ...['a', 'b', 'c', 'd'].map((name) => scheduleChanged(name)),
      { kind: 'schedulesChanged' },
    ]);
    expect(outbox.take()).toEqual({ overflowed: true, events: [{ kind: 'schedulesChanged' }] });
    expect(outbox.isEmpty).toBe(true);
    outbox.add(scheduleChanged('e'));
    expect(outbox.take()).toEqual({ overflowed: false, events: [scheduleChanged('e')] });
  });

  it('counts a thing that changes again once', () => {
    const changes = Array.from({ length: 50 }, (_, version) => scheduleChanged('a', version));
    expect(filled(2, changes).take()).toEqual({ overflowed: false, events: [scheduleChanged('a', 49)] });
  });
});
