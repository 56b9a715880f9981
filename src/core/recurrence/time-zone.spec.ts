import fc from 'fast-check';
import {
  localDateOf,
  offsetAt,
  parseTimeZone,
  resolveLocal,
  startOfLocalDay,
  startOfNextLocalDay,
  toLocal,
  type LocalDateTime,
  type TimeZone,
} from './time-zone.js';

const HOUR = 3_600_000;

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function label(text: string): LocalDateTime {
  const [year, month, day, hour, minute, second] = text.split(/\D/).map(Number);
  return { year: year!, month: month!, day: day!, hour: hour!, minute: minute!, second: second ?? 0 };
}

const utc = (text: string): number => Date.parse(`${text}Z`);

describe('the name of a time zone', () => {
  it('is accepted and spelled canonically for every zone of the runtime, whatever its case', () => {
    for (const name of Intl.supportedValuesOf('timeZone')) {
      expect(parseTimeZone(name.toLowerCase())).toEqual({ ok: true, value: name });
      expect(parseTimeZone(` ${name.toUpperCase()} `)).toEqual({ ok: true, value: name });
    }
  });

  it.each(
    (
      'Asia/Kolkata Europe/Kyiv US/Eastern US/East-Indiana GB GB-Eire NZ NZ-CHAT W-SU PRC ROK UTC Etc/UTC GMT GMT0 GMT+0 ' +
      'Etc/GMT+3 Etc/GMT-14 Australia/ACT Australia/LHI Brazil/DeNoronha Chile/EasterIsland Mexico/BajaNorte America/Knox_IN ' +
      'America/Argentina/ComodRivadavia America/Port_of_Spain EST5EDT CET Zulu Singapore America/Indiana/Indianapolis'
    ).split(' '),
  )('keeps the link %s under its own name', (name) => {
    expect(parseTimeZone(name.toLowerCase())).toEqual({ ok: true, value: name });
    expect(parseTimeZone(name)).toEqual({ ok: true, value: name });
  });

  it.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['+03:00', 'offset'],
    ['-0300', 'offset'],
    ['UTC+3', 'offset'],
    ['gmt-04:00', 'offset'],
    ['UTC + 3', 'offset'],
    ['Mars/Olympus', 'unknown'],
    ['America/Nowhere', 'unknown'],
    ['PST', 'unknown'],
    ['IST', 'unknown'],
    ['BST', 'unknown'],
    ['SystemV/PST8PDT', 'unknown'],
    ['Etc/Unknown', 'unknown'],
    ['local', 'unknown'],
    ['America/../UTC', 'unknown'],
    ['America/Cuiabá', 'unknown'],
    ["Europe/London'; --", 'unknown'],
    ['A'.repeat(65), 'unknown'],
  ])('is refused: %j (%s)', (name, kind) => {
    const parsed = parseTimeZone(name);
    expect(parsed).toMatchObject({ ok: false, error: { kind } });
  });

  it('is total on arbitrary text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
        const parsed = parseTimeZone(text);
        return parsed.ok ? Number.isFinite(offsetAt(parsed.value, 0)) : parsed.error.message.length > 0;
      }),
    );
  });

  it('gives the same answers when more names were asked for than are remembered', () => {
    const spellings = Array.from({ length: 2_100 }, (_, index) => `UTC${' '.repeat(index)}`);
    for (const spelling of spellings) expect(parseTimeZone(spelling)).toEqual({ ok: true, value: 'UTC' });
  });
});

describe('local fields', () => {
  it.each([
    ['America/Cuiaba', '2026-07-01T12:00:00', '2026-07-01 08:00:00', 3],
    ['Asia/Kathmandu', '2026-01-01T00:00:00', '2026-01-01 05:45:00', 4],
    ['Pacific/Kiritimati', '2026-01-03T12:30:15', '2026-01-04 02:30:15', 7],
    ['Africa/Monrovia', '1971-01-01T00:00:00', '1970-12-31 23:15:30', 4],
    ['America/New_York', '2026-11-01T05:59:59', '2026-11-01 01:59:59', 7],
    ['America/New_York', '2026-11-01T06:00:00', '2026-11-01 01:00:00', 7],
  ])('of %s at %sZ are %s, weekday %i', (name, at, local, weekday) => {
    expect(toLocal(zone(name), utc(at) + 999)).toEqual({ ...label(local), weekday });
  });

  it('do not depend on what was asked before', () => {
    const newYork = zone('America/New_York');
    const before = offsetAt(newYork, utc('2026-07-01T00:00:00'));
    for (let day = 0; day < 4_000; day += 1) offsetAt(newYork, day * 24 * HOUR);
    expect(offsetAt(newYork, utc('2026-07-01T00:00:00'))).toBe(before);
    expect(before).toBe(-4 * HOUR);
  });

  it('of an instant outside of the calendar are a broken call', () => {
    expect(() => offsetAt(zone('UTC'), Number.NaN)).toThrow(RangeError);
  });
});

describe('resolving a label', () => {
  it.each([
    ['America/New_York', '2026-03-08 02:30', '2026-03-08T06:30:00', '2026-03-08T07:30:00', '2026-03-08T07:00:00'],
    ['America/New_York', '2026-03-08 02:00', '2026-03-08T06:00:00', '2026-03-08T07:00:00', '2026-03-08T07:00:00'],
    ['Africa/Cairo', '2026-04-24 00:30', '2026-04-23T21:30:00', '2026-04-23T22:30:00', '2026-04-23T22:00:00'],
    ['Australia/Lord_Howe', '2026-10-04 02:15', '2026-10-03T15:15:00', '2026-10-03T15:45:00', '2026-10-03T15:30:00'],
    ['America/Cuiaba', '2018-11-04 00:00', '2018-11-04T03:00:00', '2018-11-04T04:00:00', '2018-11-04T04:00:00'],
    ['Pacific/Apia', '2011-12-30 09:00', '2011-12-29T19:00:00', '2011-12-30T19:00:00', '2011-12-30T10:00:00'],
    ['Antarctica/Troll', '2026-03-29 02:30', '2026-03-29T00:30:00', '2026-03-29T02:30:00', '2026-03-29T01:00:00'],
  ])('in %s, %s lies in a gap', (name, local, before, after, gapEndAt) => {
    expect(resolveLocal(zone(name), label(local))).toEqual({
      kind: 'gap',
      before: utc(before),
      after: utc(after),
      gapEndAt: utc(gapEndAt),
    });
  });

  it.each([
    ['America/New_York', '2026-11-01 01:00', '2026-11-01T05:00:00', '2026-11-01T06:00:00'],
    ['America/New_York', '2026-11-01 01:59', '2026-11-01T05:59:00', '2026-11-01T06:59:00'],
    ['Africa/Cairo', '2026-10-29 23:30', '2026-10-29T20:30:00', '2026-10-29T21:30:00'],
    ['Australia/Lord_Howe', '2026-04-05 01:45', '2026-04-04T14:45:00', '2026-04-04T15:15:00'],
    ['America/Sao_Paulo', '2019-02-16 23:30', '2019-02-17T01:30:00', '2019-02-17T02:30:00'],
    ['Pacific/Kwajalein', '1969-09-30 12:00', '1969-09-30T01:00:00', '1969-10-01T00:00:00'],
  ])('in %s, %s exists twice', (name, local, first, second) => {
    expect(resolveLocal(zone(name), label(local))).toEqual({ kind: 'overlap', first: utc(first), second: utc(second) });
  });

  it.each([
    ['America/New_York', '2026-03-08 01:59', '2026-03-08T06:59:00'],
    ['America/New_York', '2026-03-08 03:00', '2026-03-08T07:00:00'],
    ['America/New_York', '2026-11-01 02:00', '2026-11-01T07:00:00'],
    ['America/Sao_Paulo', '2019-02-17 00:00', '2019-02-17T03:00:00'],
    ['America/Sao_Paulo', '2026-11-01 00:00', '2026-11-01T03:00:00'],
    ['Pacific/Apia', '2011-12-29 23:59', '2011-12-30T09:59:00'],
    ['Pacific/Apia', '2011-12-31 00:00', '2011-12-30T10:00:00'],
    ['Asia/Kathmandu', '2026-06-15 05:45', '2026-06-15T00:00:00'],
  ])('in %s, %s exists once', (name, local, at) => {
    expect(resolveLocal(zone(name), label(local))).toEqual({ kind: 'unique', at: utc(at) });
  });

  it('inverts toLocal: every instant is one of the instants of its own label', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone')).map(zone);
    const seconds = fc.integer({ min: utc('1971-01-01T00:00:00') / 1_000, max: utc('2060-01-01T00:00:00') / 1_000 });
    fc.assert(
      fc.property(zones, seconds, (place, second) => {
        const { weekday, ...local } = toLocal(place, second * 1_000);
        const resolved = resolveLocal(place, local);
        const instants =
          resolved.kind === 'unique'
            ? [resolved.at]
            : resolved.kind === 'overlap'
              ? [resolved.first, resolved.second]
              : [];
        expect(instants).toContain(second * 1_000);
        expect(weekday).toBe(new Date(Date.UTC(local.year, local.month - 1, local.day)).getUTCDay() || 7);
      }),
    );
  });

  it('of a date that does not exist is a broken call', () => {
    expect(() => resolveLocal(zone('UTC'), label('2026-02-29 00:00'))).toThrow(RangeError);
    expect(() => resolveLocal(zone('UTC'), label('2026-02-28 24:00'))).toThrow(RangeError);
  });
});

describe('local days', () => {
  it.each([
    ['America/Cuiaba', '2026-07-01', '2026-07-01T04:00:00'],
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00'],
    ['America/Havana', '2026-03-08', '2026-03-08T05:00:00'],
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00'],
    ['America/Sao_Paulo', '2019-02-17', '2019-02-17T03:00:00'],
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00'],
  ])('in %s, %s begins at %sZ', (name, date, at) => {
    const { year, month, day } = label(`${date} 00:00`);
    expect(startOfLocalDay(zone(name), { year, month, day })).toBe(utc(at));
  });

  it.each([
    ['America/Cuiaba', '2026-07-01T12:00:00', '2026-07-02T04:00:00'],
    ['America/Cuiaba', '2026-07-01T04:00:00', '2026-07-02T04:00:00'],
    ['America/Cuiaba', '2026-07-01T03:59:59', '2026-07-01T04:00:00'],
    ['Africa/Cairo', '2026-04-23T21:59:59', '2026-04-23T22:00:00'],
    ['America/Sao_Paulo', '2019-02-17T01:30:00', '2019-02-17T03:00:00'],
    ['America/Sao_Paulo', '2019-02-17T02:30:00', '2019-02-17T03:00:00'],
    ['Pacific/Apia', '2011-12-30T09:00:00', '2011-12-30T10:00:00'],
    // Until 2011 Newfoundland set its clocks back at 00:01: midnight came twice, and a minute of the date before it again.
    ['America/St_Johns', '2010-11-07T02:29:00', '2010-11-07T02:30:00'],
    ['America/St_Johns', '2010-11-07T02:31:00', '2010-11-07T03:30:00'],
  ])('in %s, the day of %sZ is over at %sZ', (name, at, end) => {
    expect(startOfNextLocalDay(zone(name), utc(at))).toBe(utc(end));
  });

  it('end after every instant of theirs, at a later date, at most 26 hours on', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone')).map(zone);
    const instants = fc.integer({ min: utc('2012-01-01T00:00:00'), max: utc('2045-01-01T00:00:00') });
    fc.assert(
      fc.property(zones, instants, (place, at) => {
        const end = startOfNextLocalDay(place, at);
        expect(end).toBeGreaterThan(at);
        expect(end - at).toBeLessThanOrEqual(26 * HOUR);
        expect(localDateOf(place, end - 1)).toEqual(localDateOf(place, at));
        expect(localDateOf(place, end)).not.toEqual(localDateOf(place, at));
        expect(startOfLocalDay(place, localDateOf(place, end))).toBe(end);
      }),
    );
  });
});
