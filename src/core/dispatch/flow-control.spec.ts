import { bufferFor, intentsAhead, nextAverage, roomWorthClaiming } from './flow-control.js';

describe('bufferFor', () => {
  it('holds about a second of the gateway, at least one delivery a call and never more than a thousand', () => {
    expect(bufferFor(100, 20)).toBe(1_000);
    expect(bufferFor(10, 200)).toBe(50);
    expect(bufferFor(5, 30_000)).toBe(5);
    expect(bufferFor(100, 0)).toBe(1_000);
  });
});

describe('roomWorthClaiming', () => {
  it('is what the gateway takes in a moment, one call of a slow one, and at most half the buffer', () => {
    expect(roomWorthClaiming(100, 20)).toBe(250);
    expect(roomWorthClaiming(10, 5_000)).toBe(1);
    expect(roomWorthClaiming(1, 30_000)).toBe(1);
    expect(roomWorthClaiming(1_000, 10)).toBe(500);
  });
});

describe('intentsAhead', () => {
  it('keeps ahead what ends while a batch commits, and nothing for a slow gateway', () => {
    expect(intentsAhead(100, 40)).toBe(50);
    expect(intentsAhead(100, 20)).toBe(100);
    expect(intentsAhead(100, 1)).toBe(100);
    expect(intentsAhead(5, 500)).toBe(0);
  });
});

describe('nextAverage', () => {
  it('is the first call, then follows what calls take', () => {
    let average = nextAverage(1_000, 500, 1);
    expect(average).toBe(500);
    for (let call = 2; call <= 200; call += 1) average = nextAverage(average, 20, call);
    expect(average).toBeCloseTo(20, 0);
  });

  it('gives one call among the others its share: of few the same, of many a sixteenth', () => {
    expect(nextAverage(100, 200, 2)).toBe(150);
    expect(nextAverage(100, 260, 16)).toBe(110);
    expect(nextAverage(100, 260, 1_000)).toBe(110);
    expect(nextAverage(100, 260, 0)).toBe(260);
  });
});
