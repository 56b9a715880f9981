import fc from 'fast-check';
import { StatusEventKind } from '../gateway/send-outcome.js';
import { applyDeliveryEvent } from './apply-delivery-event.js';
import { type DeliveryEvent, PersonEvent, ProcessEvent } from './delivery-events.js';
import { DELIVERY_TRANSITIONS, DeliveryState } from './delivery-state.js';

const states = Object.values(DeliveryState);
const statuses = Object.values(StatusEventKind);
const events: DeliveryEvent[] = [
  ...[...Object.values(ProcessEvent), ...Object.values(PersonEvent)].map((kind) => ({ kind })),
  ...statuses.map((status) => ({ kind: 'receipt' as const, status })),
];

/** The state after all events; early receipts are applied as soon as the delivery has left SENDING. */
function stateAfter(state: DeliveryState, list: readonly DeliveryEvent[]): DeliveryState {
  let current = state;
  let early: DeliveryEvent[] = [];
  const apply = (event: DeliveryEvent) => {
    const result = applyDeliveryEvent(current, event);
    if (result.kind === 'early') early.push(event);
    if (result.kind === 'moved') current = result.to;
  };
  for (const event of list) {
    apply(event);
    if (current === 'sending') continue;
    const waiting = early;
    early = [];
    waiting.forEach(apply);
  }
  return current;
}

const receipt = (status: StatusEventKind): DeliveryEvent => ({ kind: 'receipt', status });

describe('applyDeliveryEvent', () => {
  it('makes exactly the transitions of the table', () => {
    const made = new Map<DeliveryState, Set<DeliveryState>>(states.map((state) => [state, new Set()]));
    for (const state of states) {
      for (const event of events) {
        const result = applyDeliveryEvent(state, event);
        if (result.kind === 'moved') made.get(state)?.add(result.to);
      }
    }
    for (const state of states) expect([...made.get(state)!].sort()).toEqual([...DELIVERY_TRANSITIONS[state]].sort());
  });

  it.each<[DeliveryState, DeliveryEvent, DeliveryState]>([
    ['pending', { kind: 'claimed' }, 'claimed'],
    ['claimed', { kind: 'released' }, 'pending'],
    ['claimed', { kind: 'sendingStarted' }, 'sending'],
    ['claimed', { kind: 'failed' }, 'failed'],
    ['sending', { kind: 'accepted' }, 'sent'],
    ['sending', { kind: 'retryPlanned' }, 'pending'],
    ['sending', { kind: 'failed' }, 'failed'],
    ['sending', { kind: 'outcomeLost' }, 'uncertain'],
    ['sending', { kind: 'expired' }, 'expired'],
    ['pending', { kind: 'leftInDoubt' }, 'uncertain'],
    ['claimed', { kind: 'leftInDoubt' }, 'uncertain'],
    ['sending', { kind: 'leftInDoubt' }, 'uncertain'],
    ['uncertain', { kind: 'accepted' }, 'sent'],
    ['uncertain', { kind: 'failed' }, 'failed'],
    ['uncertain', { kind: 'repeatPlanned' }, 'pending'],
    ['uncertain', { kind: 'markedSent' }, 'sent'],
    ['uncertain', { kind: 'markedFailed' }, 'failed'],
    ['uncertain', { kind: 'sendAgainAccepted' }, 'pending'],
    ['pending', { kind: 'cancelled' }, 'cancelled'],
    ['claimed', { kind: 'cancelled' }, 'cancelled'],
    ['pending', { kind: 'expired' }, 'expired'],
    ['pending', { kind: 'suppressed' }, 'suppressed'],
    ['failed', { kind: 'reopened' }, 'pending'],
    ['cancelled', { kind: 'reopened' }, 'pending'],
    ['expired', { kind: 'reopened' }, 'pending'],
    ['suppressed', { kind: 'reopened' }, 'pending'],
    ['sent', receipt('DELIVERED'), 'delivered'],
    ['sent', receipt('READ'), 'read'],
    ['sent', receipt('FAILED'), 'failed'],
    ['delivered', receipt('READ'), 'read'],
    ['failed', receipt('DELIVERED'), 'delivered'],
    ['uncertain', receipt('SENT'), 'sent'],
    ['uncertain', receipt('DELIVERED'), 'delivered'],
    ['uncertain', receipt('FAILED'), 'failed'],
    ['pending', receipt('DELIVERED'), 'delivered'],
    ['sending', receipt('READ'), 'read'],
  ])('moves %s on %p to %s', (state, event, to) => {
    expect(applyDeliveryEvent(state, event)).toEqual({ kind: 'moved', to });
  });

  it.each<[DeliveryState, DeliveryEvent]>([
    ['sent', receipt('SENT')],
    ['delivered', receipt('DELIVERED')],
    ['delivered', receipt('FAILED')],
    ['read', receipt('DELIVERED')],
    ['read', receipt('FAILED')],
    ['failed', receipt('SENT')],
    ['pending', receipt('SENT')],
    ['pending', receipt('FAILED')],
    ['cancelled', receipt('DELIVERED')],
    ['claimed', { kind: 'claimed' }],
    ['cancelled', { kind: 'sendingStarted' }],
    ['uncertain', { kind: 'outcomeLost' }],
    ['delivered', { kind: 'accepted' }],
    ['pending', { kind: 'accepted' }],
    ['sent', { kind: 'expired' }],
    ['cancelled', { kind: 'cancelled' }],
    ['pending', { kind: 'reopened' }],
    ['sent', { kind: 'markedSent' }],
  ])('lets %s stay as it is on %p', (state, event) => {
    expect(applyDeliveryEvent(state, event)).toEqual({ kind: 'stale' });
  });

  it.each([receipt('SENT'), receipt('FAILED')])('keeps %p for later while the call is under way', (event) => {
    expect(applyDeliveryEvent('sending', event)).toEqual({ kind: 'early' });
  });

  it.each<[DeliveryState, DeliveryEvent]>([
    ['sending', { kind: 'cancelled' }],
    ['sent', { kind: 'cancelled' }],
    ['uncertain', { kind: 'cancelled' }],
    ['sent', { kind: 'reopened' }],
    ['uncertain', { kind: 'reopened' }],
    ['sending', { kind: 'markedSent' }],
    ['sent', { kind: 'markedFailed' }],
    ['delivered', { kind: 'sendAgainAccepted' }],
  ])('refuses a person in %s what %p asks for, and tells the state', (state, event) => {
    expect(applyDeliveryEvent(state, event)).toEqual({ kind: 'refused', current: state });
  });

  const receipts = fc.array(fc.constantFrom(...statuses).map(receipt), { maxLength: 12 });

  it('ends in the same state in whatever order and however often receipts come', () => {
    fc.assert(
      fc.property(fc.constantFrom(...states), receipts, fc.func(fc.integer()), (state, list, key) => {
        const shuffled = list
          .map((event, index) => ({ event, at: key(index) }))
          .sort((a, b) => a.at - b.at)
          .map(({ event }) => event);
        const distinct = [...new Set(list.map((event) => JSON.stringify(event)))].map(
          (text) => JSON.parse(text) as DeliveryEvent,
        );
        const expected = stateAfter(state, list);
        expect(stateAfter(state, shuffled)).toBe(expected);
        expect(stateAfter(state, [...list, ...shuffled])).toBe(expected);
        expect(stateAfter(state, distinct)).toBe(expected);
      }),
    );
  });

  it('ends in the same state whether receipts come before or after the answer to the call', () => {
    fc.assert(
      fc.property(
        receipts,
        fc.nat(12),
        fc.constantFrom<DeliveryEvent>({ kind: 'accepted' }, { kind: 'outcomeLost' }),
        (list, position, answer) => {
          const between = [...list.slice(0, position), answer, ...list.slice(position)];
          expect(stateAfter('sending', between)).toBe(stateAfter('sending', [answer, ...list]));
        },
      ),
    );
  });

  it('never takes a delivery back from the person who has it', () => {
    fc.assert(
      fc.property(fc.constantFrom<DeliveryState>('delivered', 'read'), fc.constantFrom(...events), (state, event) => {
        const result = applyDeliveryEvent(state, event);
        expect(result.kind === 'moved' ? result.to : 'read').toBe('read');
      }),
    );
  });
});
