import {
  apiStatusOf,
  DELIVERY_TRANSITIONS,
  DeliveryState,
  FIRST_STATES,
  isLive,
  WaitReason,
} from './delivery-state.js';

const states = Object.values(DeliveryState);

describe('apiStatusOf', () => {
  it.each([
    ['pending', 'none', 'PENDING'],
    ['pending', 'paused', 'PENDING'],
    ['pending', 'rate_limit', 'RATE_LIMITED'],
    ['pending', 'retry', 'RETRYING'],
    ['claimed', 'retry', 'PENDING'],
    ['sending', 'none', 'SENDING'],
  ] as const)('tells %s waiting for %s as %s', (state, waitReason, status) => {
    expect(apiStatusOf(state, waitReason)).toBe(status);
  });

  it('tells every other state by its own name, whatever the stored wait reason', () => {
    for (const state of states.filter((name) => name !== 'pending' && name !== 'claimed')) {
      for (const waitReason of Object.values(WaitReason)) {
        expect(apiStatusOf(state, waitReason)).toBe(state.toUpperCase());
      }
    }
  });
});

describe('DELIVERY_TRANSITIONS', () => {
  it('reaches every state from the states in which a delivery is made', () => {
    const reached = new Set<DeliveryState>(FIRST_STATES);
    for (const state of reached) for (const next of DELIVERY_TRANSITIONS[state]) reached.add(next);
    expect([...reached].sort()).toEqual([...states].sort());
  });

  it('lets every state but READ be left, so that nothing is stuck for ever', () => {
    expect(states.filter((state) => DELIVERY_TRANSITIONS[state].length === 0)).toEqual(['read']);
  });
});

describe('isLive', () => {
  it('is true for what a process may still have to do something about', () => {
    expect(states.filter(isLive)).toEqual(['pending', 'claimed', 'sending', 'uncertain']);
  });
});
