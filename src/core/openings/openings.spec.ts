import { MS_PER_DAY, MS_PER_HOUR, type DayNumber } from '../recurrence/civil-date.js';
import { parseTimeZone, type TimeZone } from '../recurrence/time-zone.js';
import { ALL_WEEKDAYS, makeDailyWindow, WHOLE_DAY, type DailyWindow } from './daily-window.js';
import { firstDayTogether, openingsTogether } from './openings-together.js';
import { dateText, dayNumberAt, dayNumberOfText, isoWeekdayOf, openingFrom, openingOn } from './openings.js';

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function window(text: string): DailyWindow {
  const [from, to] = text.split('-') as [string, string];
  const made = makeDailyWindow({ from, to }, 'window');
  if (!made.ok) throw new Error(made.error[0]!.message);
  return made.value;
}

const day = (text: string): DayNumber => Date.parse(`${text}T00:00Z`) / MS_PER_DAY;
const at = (text: string): number => Date.parse(text);
const hours = (name: string, text: string, weekdays: readonly number[] = ALL_WEEKDAYS) => ({
  zone: zone(name),
  window: text === 'whole day' ? WHOLE_DAY : window(text),
  weekdays,
});

/** First and last instant, and when it is closed. */
function shown(opening: { startMs: number; lastMs: number; closedFromMs: number } | null): readonly string[] | null {
  if (opening === null) return null;
  return [opening.startMs, opening.lastMs, opening.closedFromMs].map((ms) => new Date(ms).toISOString());
}

describe('the hours of a day as instants', () => {
  it('hold the closing time, and stay open for a second after it', () => {
    expect(shown(openingOn(hours('America/Cuiaba', '08:00-20:00'), day('2026-05-04')))).toEqual([
      '2026-05-04T12:00:00.000Z',
      '2026-05-05T00:00:00.000Z',
      '2026-05-05T00:00:01.000Z',
    ]);
  });

  it('end with the last millisecond of the date when they go on to 24:00', () => {
    expect(shown(openingOn(hours('America/Cuiaba', '22:00-24:00'), day('2026-05-04')))).toEqual([
      '2026-05-05T02:00:00.000Z',
      '2026-05-05T03:59:59.999Z',
      '2026-05-05T04:00:00.000Z',
    ]);
  });

  it.each([
    ['America/New_York', '2026-03-08', 23],
    ['America/New_York', '2026-11-01', 25],
    ['Australia/Lord_Howe', '2026-04-05', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', 23.5],
    ['Antarctica/Troll', '2026-03-29', 22],
    ['Antarctica/Troll', '2026-10-25', 26],
    ['Africa/Cairo', '2026-04-24', 23],
    ['America/Sao_Paulo', '2018-02-17', 25],
    ['America/Havana', '2026-11-01', 25],
    ['America/Cuiaba', '2026-11-01', 24],
  ])('last as long as the whole day: %s on %s has %d hours', (name, date, length) => {
    const opening = openingOn(hours(name, 'whole day'), day(date))!;
    expect((opening.closedFromMs - opening.startMs) / MS_PER_HOUR).toBe(length);
    expect(opening.lastMs).toBe(opening.closedFromMs - 1);
  });

  it.each([
    ['08:00-20:00', 'the hours of a day on which clocks changed in the night', '12:00:00.000', '00:00:00.000'],
    ['02:10-04:00', 'from the end of the gap when they begin in it', '07:00:00.000', '08:00:00.000'],
    ['01:00-02:30', 'up to the gap when they end in it', '06:00:00.000', '06:59:59.999'],
    ['01:00-03:00', 'up to the gap when they end with it', '06:00:00.000', '07:00:00.000'],
  ])('when clocks jump from 02:00 to 03:00, %s is %s', (text, _, first, last) => {
    const opening = shown(openingOn(hours('America/New_York', text), day('2026-03-08')))!;
    expect([opening[0]!.slice(11, -1), opening[1]!.slice(11, -1)]).toEqual([first, last]);
  });

  it('are closed when clocks jump over all of them', () => {
    expect(openingOn(hours('America/New_York', '02:00-03:00'), day('2026-03-08'))).not.toBeNull();
    expect(openingOn(hours('America/New_York', '02:10-02:50'), day('2026-03-08'))).toBeNull();
    expect(openingOn(hours('Pacific/Apia', '08:00-20:00'), day('2011-12-30'))).toBeNull();
    expect(openingOn(hours('Pacific/Apia', 'whole day'), day('2011-12-30'))).toBeNull();
    expect(openingFrom(hours('Pacific/Apia', '08:00-20:00'), at('2011-12-30T10:00Z'))?.day).toBe(day('2011-12-31'));
  });

  it.each([
    ['00:30-01:30', 'the first 01:30 ends it', '04:30', '05:30'],
    ['01:30-12:00', 'the second 01:30 begins it', '06:30', '17:00'],
    ['01:15-01:45', 'of two equal rows the first counts', '05:15', '05:45'],
    ['00:00-12:00', 'both hours count', '04:00', '17:00'],
  ])('when clocks go back from 02:00 to 01:00, of %s %s', (text, _, first, last) => {
    const opening = openingOn(hours('America/New_York', text), day('2026-11-01'))!;
    expect([opening.startMs, opening.lastMs]).toEqual([at(`2026-11-01T${first}Z`), at(`2026-11-01T${last}Z`)]);
  });

  it('close a second after the first of two equal closing times', () => {
    expect(shown(openingOn(hours('America/New_York', '00:30-01:30'), day('2026-11-01')))).toEqual([
      '2026-11-01T04:30:00.000Z',
      '2026-11-01T05:30:00.000Z',
      '2026-11-01T05:30:01.000Z',
    ]);
  });

  it('go on after the hour before midnight that comes twice', () => {
    const before = openingOn(hours('America/Sao_Paulo', '22:00-24:00'), day('2018-02-17'))!;
    expect((before.closedFromMs - before.startMs) / MS_PER_HOUR).toBe(3);
    const after = openingOn(hours('America/Sao_Paulo', '00:00-02:00'), day('2018-02-18'))!;
    expect(after.startMs).toBe(before.closedFromMs);
  });
});

describe('the next opening', () => {
  it('is the present one up to the second after its closing time', () => {
    const office = hours('America/Cuiaba', '08:00-20:00', [1, 2, 3, 4, 5]);
    const friday = day('2026-05-08');
    expect(openingFrom(office, at('2026-05-09T00:00:00.999Z'))?.day).toBe(friday);
    expect(openingFrom(office, at('2026-05-09T00:00:01Z'))?.day).toBe(friday + 3);
    expect(openingFrom(office, at('2026-05-08T05:00Z'))?.day).toBe(friday);
  });

  it('is found when the only one of the week fell into a gap', () => {
    const sunday = hours('America/New_York', '02:10-02:50', [7]);
    expect(openingFrom(sunday, at('2026-03-02T00:00Z'))?.day).toBe(day('2026-03-15'));
  });

  it('does not exist for hours that have no weekday', () => {
    expect(openingFrom(hours('UTC', 'whole day', []), 0)).toBeNull();
  });
});

describe('hours of a campaign and its channel', () => {
  const campaign = hours('America/Cuiaba', '08:00-20:00');

  it('are the shorter of both in one zone', () => {
    expect(shown(openingsTogether(campaign, hours('America/Cuiaba', '10:00-22:00'), day('2026-05-04'))[0]!)).toEqual([
      '2026-05-04T14:00:00.000Z',
      '2026-05-05T00:00:00.000Z',
      '2026-05-05T00:00:01.000Z',
    ]);
  });

  it('are two parts where the day meets two dates of the channel', () => {
    const parts = openingsTogether(campaign, hours('Asia/Tokyo', '06:00-23:00'), day('2026-05-04'));
    expect(parts.map(shown)).toEqual([
      ['2026-05-04T12:00:00.000Z', '2026-05-04T14:00:00.000Z', '2026-05-04T14:00:01.000Z'],
      ['2026-05-04T21:00:00.000Z', '2026-05-05T00:00:00.000Z', '2026-05-05T00:00:01.000Z'],
    ]);
  });

  it('are those of the campaign when the channel has none', () => {
    const own = openingOn(campaign, day('2026-05-04'))!;
    expect(openingsTogether(campaign, null, day('2026-05-04')).map(shown)).toEqual([shown(own)]);
    expect(firstDayTogether(campaign, null, day('2026-05-04'), day('2026-05-04'))).toBe(day('2026-05-04'));
  });

  it('may be a single instant, when one opens as the other closes', () => {
    const closing = ['2026-05-05T00:00:00.000Z', '2026-05-05T00:00:00.000Z', '2026-05-05T00:00:01.000Z'];
    const evening = hours('America/Cuiaba', '20:00-22:00');
    expect(openingsTogether(campaign, evening, day('2026-05-04')).map(shown)).toEqual([closing]);
    // Midnight in London is where the date of Cuiabá closes.
    const parts = openingsTogether(campaign, hours('UTC', 'whole day'), day('2026-05-04'));
    expect(parts.map(shown)).toEqual([
      ['2026-05-04T12:00:00.000Z', '2026-05-04T23:59:59.999Z', '2026-05-05T00:00:00.000Z'],
      closing,
    ]);
  });

  it('are none when the channel never opens', () => {
    expect(openingsTogether(campaign, hours('UTC', 'whole day', []), day('2026-05-04'))).toEqual([]);
  });

  it('are none on a day that only one of them has', () => {
    const weekend = hours('America/Cuiaba', 'whole day', [6, 7]);
    expect(openingsTogether(campaign, weekend, day('2026-05-04'))).toEqual([]);
    expect(openingsTogether(weekend, null, day('2026-05-04'))).toEqual([]);
    expect(firstDayTogether(campaign, weekend, day('2026-05-04'), day('2026-05-31'))).toBe(day('2026-05-09'));
    expect(firstDayTogether(campaign, weekend, day('2026-05-04'), day('2026-05-09'))).toBe(day('2026-05-09'));
    expect(firstDayTogether(campaign, weekend, day('2026-05-04'), day('2026-05-08'))).toBeNull();
    expect(firstDayTogether(campaign, hours('America/Cuiaba', '20:30-21:00'), day('2026-05-04'), day('2026-06-04'))).toBeNull(); // prettier-ignore
  });
});

describe('dates as numbers', () => {
  it('are read, written, found by an instant, and have a weekday', () => {
    expect(dayNumberOfText('2026-05-04')).toBe(day('2026-05-04'));
    expect(dateText(day('2026-05-04'))).toBe('2026-05-04');
    expect(dateText(dayNumberOfText('0099-12-31'))).toBe('0099-12-31');
    expect(dayNumberAt(zone('America/Cuiaba'), at('2026-05-05T03:59:59Z'))).toBe(day('2026-05-04'));
    expect([3, 4, 9, 10].map((d) => isoWeekdayOf(day(`2026-05-${String(d).padStart(2, '0')}`)))).toEqual([7, 1, 6, 7]);
  });
});
