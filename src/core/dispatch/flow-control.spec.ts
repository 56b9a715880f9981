import { bufferFor, intentsAhead, nextAverage } from './flow-control.js';

describe('bufferFor', () => {
  it('holds about two seconds of the gateway, at least one delivery a call and never more than a thousand', () => {
    expect(bufferFor(100, 20)).toBe(1_000);
    expect(bufferFor(10, 200)).toBe(100);
    expect(bufferFor(5, 30_000)).toBe(5);
    expect(bufferFor(100, 0)).toBe(1_000);
  });
});

describe('intentsAhead', () => {
  it('keeps ahead what ends while a batch commits, and nothing for a slow gateway', () => {
    expect(intentsAhead(100, 20)).toBe(50);
    expect(intentsAhead(100, 1)).toBe(100);
    expect(intentsAhead(5, 500)).toBe(0);
  });
});

describe('nextAverage', () => {
  it('follows what calls take', () => {
    let average = 500;
    for (let call = 0; call < 200; call += 1) average = nextAverage(average, 20);
    expect(average).toBeCloseTo(20, 0);
  });
});
