import { Peers } from './peers.js';

const SILENCE_MS = 35_000;

function setup() {
  return { peers: new Peers(SILENCE_MS, 0) };
}

describe('the other replicas', () => {
  it('are counted on until there was time to hear them', () => {
    const { peers } = setup();
    expect(peers.mayListen(SILENCE_MS - 1)).toBe(true);
    expect(peers.mayListen(SILENCE_MS)).toBe(false);
  });

  it('are there for as long as they are heard', () => {
    const { peers } = setup();
    peers.hear('b', 1, 40_000);
    expect(peers.mayListen(74_999)).toBe(true);
    expect(peers.mayListen(75_000)).toBe(false);
    expect(peers.isKnown('b')).toBe(false);
  });

  it('are gone when they say so', () => {
    const { peers } = setup();
    peers.hear('b', 1, 40_000);
    peers.leave('b');
    expect(peers.mayListen(40_001)).toBe(false);
  });

  it('are taken at their word once: a payload that comes again is known', () => {
    const { peers } = setup();
    expect(peers.hear('b', 1, 0)).toEqual({ isNew: true, missedSome: false });
    expect(peers.hear('b', 2, 0)).toEqual({ isNew: true, missedSome: false });
    expect(peers.hear('b', 2, 0)).toEqual({ isNew: false, missedSome: false });
  });

  it('show by a gap in their numbers that something was missed', () => {
    const { peers } = setup();
    peers.hear('b', 1, 0);
    expect(peers.hear('b', 3, 0)).toEqual({ isNew: true, missedSome: true });
    expect(peers.hear('c', 2, 0)).toEqual({ isNew: true, missedSome: true });
  });

  it('may all be there again after a time without ears', () => {
    const { peers } = setup();
    peers.hear('b', 5, 0);
    peers.restart(100_000);
    expect(peers.mayListen(100_001)).toBe(true);
    expect(peers.hear('b', 9, 100_002)).toEqual({ isNew: true, missedSome: true });
  });
});
