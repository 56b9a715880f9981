import fc from 'fast-check';
import { parseTimeZone, type TimeZone } from '../recurrence/time-zone.js';
import { bucketStarts, MAX_BUCKETS, StatisticsInterval } from './bucket-starts.js';

const zone = (name: string): TimeZone => {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(name);
  return parsed.value;
};

const starts = (from: string, to: string, interval: StatisticsInterval, name: string): string[] => {
  const result = bucketStarts(Date.parse(from), Date.parse(to), interval, zone(name));
  if (!result.ok) throw new Error(result.error);
  return result.value.map((at) => new Date(at).toISOString().replace(':00.000Z', 'Z'));
};

describe('bucketStarts', () => {
  it('begins with the bucket that holds the first instant and ends before the last', () => {
    expect(starts('2026-03-01T10:17:30Z', '2026-03-01T12:00:00Z', 'HOUR', 'America/Cuiaba')).toEqual([
      '2026-03-01T10:00Z',
      '2026-03-01T11:00Z',
    ]);
    expect(starts('2026-03-01T10:17:30Z', '2026-03-01T10:19:00Z', 'MINUTE', 'America/Cuiaba')).toEqual([
      '2026-03-01T10:17Z',
      '2026-03-01T10:18Z',
    ]);
  });

  it('cuts days at local midnight', () => {
    expect(starts('2026-03-01T12:00:00Z', '2026-03-03T12:00:00Z', 'DAY', 'America/Cuiaba')).toEqual([
      '2026-03-01T04:00Z',
      '2026-03-02T04:00Z',
      '2026-03-03T04:00Z',
    ]);
  });

  it('gives a day of 23 and one of 25 hours when clocks change', () => {
    expect(starts('2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z', 'DAY', 'Europe/Paris')).toEqual([
      '2026-03-27T23:00Z',
      '2026-03-28T23:00Z',
      '2026-03-29T22:00Z',
    ]);
    expect(starts('2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z', 'DAY', 'Europe/Paris')).toEqual([
      '2026-10-23T22:00Z',
      '2026-10-24T22:00Z',
      '2026-10-25T23:00Z',
    ]);
  });

  it('keeps both hours that clocks repeat and invents none that they jump over', () => {
    expect(starts('2026-11-01T04:30:00Z', '2026-11-01T07:30:00Z', 'HOUR', 'America/New_York')).toHaveLength(4);
    expect(starts('2026-03-08T05:30:00Z', '2026-03-08T08:30:00Z', 'HOUR', 'America/New_York')).toHaveLength(4);
  });

  it('cuts hours where the zone has them, a quarter or half past those of UTC', () => {
    expect(starts('2026-03-01T10:00:00Z', '2026-03-01T11:00:00Z', 'HOUR', 'Asia/Kathmandu')).toEqual([
      '2026-03-01T09:15Z',
      '2026-03-01T10:15Z',
    ]);
  });

  it('cuts the hour in which clocks change by half an hour', () => {
    // 02:00 becomes 01:30 at 15:00Z on 4 April 2026.
    expect(starts('2026-04-04T14:00:00Z', '2026-04-04T17:00:00Z', 'HOUR', 'Australia/Lord_Howe')).toEqual([
      '2026-04-04T14:00Z',
      '2026-04-04T15:00Z',
      '2026-04-04T15:30Z',
      '2026-04-04T16:30Z',
    ]);
  });

  it('leaves an hour whole in which clocks change by a whole hour, also when that is not at its end', () => {
    // 03:45 becomes 02:45 at 14:00Z on 5 April 2026.
    expect(starts('2026-04-04T13:00:00Z', '2026-04-04T16:00:00Z', 'HOUR', 'Pacific/Chatham')).toEqual([
      '2026-04-04T12:15Z',
      '2026-04-04T13:15Z',
      '2026-04-04T14:15Z',
      '2026-04-04T15:15Z',
    ]);
  });

  it('begins at the change of clocks when the first instant is just after it', () => {
    expect(starts('2026-04-04T15:10:00Z', '2026-04-04T15:40:00Z', 'HOUR', 'Australia/Lord_Howe')).toEqual([
      '2026-04-04T15:00Z',
      '2026-04-04T15:30Z',
    ]);
  });

  it('refuses a span without length and one with too many buckets', () => {
    const at = Date.parse('2026-03-01T00:00:00Z');
    expect(bucketStarts(at, at, 'DAY', zone('UTC'))).toEqual({ ok: false, error: 'empty' });
    const limits = { DAY: 24 * 3_600_000, HOUR: 3_600_000, MINUTE: 60_000 };
    for (const [interval, lengthMs] of Object.entries(limits) as [StatisticsInterval, number][]) {
      const most = bucketStarts(at, at + MAX_BUCKETS * lengthMs, interval, zone('UTC'));
      expect(most.ok && most.value.length).toBe(MAX_BUCKETS);
      const more = bucketStarts(at, at + MAX_BUCKETS * lengthMs + 1, interval, zone('UTC'));
      expect(more).toEqual({ ok: false, error: 'tooMany' });
    }
    expect(bucketStarts(0, 8e15, 'MINUTE', zone('UTC'))).toEqual({ ok: false, error: 'tooMany' });
  });

  it('always rises and covers the whole span', () => {
    const zones = ['America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Cairo', 'Pacific/Apia', 'UTC'];
    const from = fc.integer({ min: Date.parse('2005-01-01'), max: Date.parse('2035-01-01') });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...Object.values(StatisticsInterval)),
        from,
        fc.integer({ min: 1, max: 3e8 }),
        (name, interval, at, length) => {
          const result = bucketStarts(at, at + length, interval, zone(name));
          if (!result.ok) return expect(result.error).toBe('tooMany');
          const all = result.value;
          expect(all[0]).toBeLessThanOrEqual(at);
          expect(all.at(-1)).toBeLessThan(at + length);
          expect(all[1] ?? at + 1).toBeGreaterThan(at);
          all.forEach((start, index) => expect(start).toBeGreaterThan(all[index - 1] ?? Number.NEGATIVE_INFINITY));
        },
      ),
    );
  });
});
