import { addCount, NO_DELIVERIES, statisticsOf } from './delivery-counts.js';

describe('statisticsOf', () => {
  it('counts every status into the total', () => {
    const one = {
      pending: 1,
      sending: 1,
      sent: 1,
      delivered: 1,
      read: 1,
      failed: 1,
      uncertain: 1,
      cancelled: 1,
      expired: 1,
      suppressed: 1,
    };
    expect(statisticsOf(one).total).toBe(10);
  });

  it('takes sent, delivered and read for success, and failed, expired and uncertain for the lack of it', () => {
    const counts = { ...NO_DELIVERIES, sent: 3, delivered: 2, read: 1, failed: 1, expired: 1, uncertain: 2 };
    expect(statisticsOf(counts).successRate).toBe(0.6);
  });

  it('leaves cancelled, suppressed and unfinished deliveries out of the success rate', () => {
    const counts = { ...NO_DELIVERIES, read: 4, pending: 7, sending: 2, cancelled: 9, suppressed: 5 };
    expect(statisticsOf(counts).successRate).toBe(1);
  });

  it('has no success rate while there is no result', () => {
    expect(statisticsOf({ ...NO_DELIVERIES, pending: 3, cancelled: 1 }).successRate).toBeNull();
  });
});

describe('addCount', () => {
  it('adds to what was counted before', () => {
    expect(addCount({ ...NO_DELIVERIES, failed: 2 }, 'failed', 3)).toEqual({ ...NO_DELIVERIES, failed: 5 });
  });
});
