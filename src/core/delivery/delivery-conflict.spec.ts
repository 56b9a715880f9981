import { applyDeliveryEvent } from './apply-delivery-event.js';
import {
  currentOf,
  KEEPS_CHANGING,
  refuseWish,
  SCHEDULE_IS_CANCELLED,
  type DeliveryConflictFacts,
  type DeliveryWish,
} from './delivery-conflict.js';
import { PersonEvent } from './delivery-events.js';
import { apiStatusOf, DeliveryState } from './delivery-state.js';

const STATES = Object.values(DeliveryState);

function inState(state: DeliveryState): DeliveryConflictFacts {
  return {
    state,
    status: apiStatusOf(state, 'none'),
    version: 2,
    dueAt: Date.parse('2026-11-21T12:00:00Z'),
    sentAt: Date.parse('2026-11-21T12:00:03.120Z'),
    deliveredAt: Date.parse('2026-11-21T12:00:05Z'),
    readAt: Date.parse('2026-11-21T12:01:00Z'),
    failedAt: Date.parse('2026-11-21T12:00:04Z'),
  };
}

describe('refuseWish', () => {
  it.each<[DeliveryWish, PersonEvent]>([
    ['cancel', 'cancelled'],
    ['retry', 'reopened'],
    ['resolve', 'markedSent'],
  ])('lets a person %s in the states from which that moves a delivery', (wish, event) => {
    const allowed = STATES.filter((state) => refuseWish(wish, inState(state), null) === null);
    const moved = STATES.filter((state) => applyDeliveryEvent(state, { kind: event }).kind === 'moved');
    expect(allowed).toEqual(wish === 'cancel' ? [...moved, 'cancelled'] : moved);
  });

  it('lets only what waits be rescheduled', () => {
    expect(STATES.filter((state) => refuseWish('reschedule', inState(state), null) === null)).toEqual(['pending']);
  });

  it.each<[string, DeliveryWish, DeliveryState]>([
    ['The delivery was sent at 2026-11-21T12:00:03.120Z, before this reached it.', 'cancel', 'sent'],
    ['The delivery was delivered at 2026-11-21T12:00:05.000Z, before this reached it.', 'cancel', 'delivered'],
    ['The delivery was read at 2026-11-21T12:01:00.000Z, before this reached it.', 'reschedule', 'read'],
    ['The delivery failed at 2026-11-21T12:00:04.000Z, before this reached it.', 'cancel', 'failed'],
    ['The delivery was handed to the gateway, before this reached it.', 'cancel', 'sending'],
    [
      'The delivery was handed to the gateway, and nobody knows whether it was taken, before this reached it.',
      'cancel',
      'uncertain',
    ],
    ['The delivery was taken up to be sent, before this reached it.', 'reschedule', 'claimed'],
    ['The delivery was cancelled, before this reached it.', 'reschedule', 'cancelled'],
    ['The delivery expired, before this reached it.', 'cancel', 'expired'],
    ['The delivery was suppressed, before this reached it.', 'cancel', 'suppressed'],
    ['The delivery is waiting to be sent: it cannot be retried.', 'retry', 'pending'],
    ['The delivery was sent at 2026-11-21T12:00:03.120Z: it is not UNCERTAIN.', 'resolve', 'sent'],
  ])('says “%s”', (reason, wish, state) => {
    expect(refuseWish(wish, inState(state), null)).toBe(reason);
    // What happened says more than that the version is another.
    expect(refuseWish(wish, inState(state), 1)).toBe(reason);
  });

  it('leaves out an instant that is not known', () => {
    const facts = { ...inState('delivered'), deliveredAt: null };
    expect(refuseWish('cancel', facts, null)).toBe('The delivery was delivered, before this reached it.');
  });

  it('refuses another version of what could change, also when it is cancelled already', () => {
    expect(refuseWish('cancel', inState('cancelled'), 1)).toBe(
      'It has changed since version 1: it is version 2 now, CANCELLED.',
    );
    expect(refuseWish('reschedule', inState('pending'), 1)).toBe(
      'It has changed since version 1: it is version 2 now, PENDING.',
    );
    expect(refuseWish('retry', inState('failed'), 3)).toBe(
      'There is no version 3 of it yet: it is version 2 now, FAILED.',
    );
    expect(refuseWish('cancel', inState('cancelled'), 2)).toBeNull();
  });
});

describe('a refusal for another reason than the delivery', () => {
  it('says what stands in the way', () => {
    expect(KEEPS_CHANGING).toBe('The delivery is changing at this very moment: try again.');
    expect(SCHEDULE_IS_CANCELLED).toBe('The schedule was cancelled: nothing of it is sent any more.');
  });
});

describe('currentOf', () => {
  it('tells status, version, when it is due and what instants there are', () => {
    expect(currentOf({ ...inState('failed'), deliveredAt: null, readAt: null })).toEqual({
      status: 'FAILED',
      version: 2,
      dueAt: '2026-11-21T12:00:00.000Z',
      sentAt: '2026-11-21T12:00:03.120Z',
      failedAt: '2026-11-21T12:00:04.000Z',
    });
  });
});
