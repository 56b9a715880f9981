import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { parseCron, type CronExpression } from './cron-expression.js';

function cron(text: string): CronExpression {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const daysOf = (mask: number): number[] =>
  Array.from({ length: 31 }, (_, i) => i + 1).filter((day) => mask & (1 << (day - 1)));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('an expression', () => {
  it('of five fields fires at second 0; of six it begins with the seconds', () => {
    expect(cron('30 9 * * *')).toMatchObject({ seconds: [0], minutes: [30], hours: [9] });
    expect(cron('15,45 30 9 * * *')).toMatchObject({ seconds: [15, 45], minutes: [30], hours: [9] });
  });

  it('may have blanks and tabs around its fields; its text has single spaces', () => {
    expect(cron('  0\t9  * * \t MON ').text).toBe('0 9 * * MON');
  });

  it.each([
    ['*', range(0, 59)],
    ['*/15', [0, 15, 30, 45]],
    ['*/60', [0]],
    ['7', [7]],
    ['05', [5]],
    ['5/15', [5, 20, 35, 50]],
    ['10-20/5', [10, 15, 20]],
    ['10-12,11-13,59,0', [0, 10, 11, 12, 13, 59]],
    ['3-3', [3]],
    ['0-59/7', [0, 7, 14, 21, 28, 35, 42, 49, 56]],
  ])('reads the minutes %s', (field, minutes) => {
    expect(cron(`${field} * * * *`).minutes).toEqual(minutes);
  });

  it.each([
    ['JAN,feb,Mar', [1, 2, 3]],
    ['jun-AUG', [6, 7, 8]],
    ['6-aug/2', [6, 8]],
    ['NOV-FEB', [1, 2, 11, 12]],
    ['11-2/2', [1, 11]],
    ['*/5', [1, 6, 11]],
    ['DEC', [12]],
  ])('reads the months %s', (field, months) => {
    expect(cron(`0 0 1 ${field} *`).months).toEqual(months);
  });

  it.each([
    ['0', [0]],
    ['7', [0]],
    ['SUN', [0]],
    ['0-7', [0, 1, 2, 3, 4, 5, 6]],
    ['5-7', [0, 5, 6]],
    ['7-2', [0, 1, 2]],
    ['7-7', [0]],
    ['MON-FRI', [1, 2, 3, 4, 5]],
    ['mon,Wed,FRI', [1, 3, 5]],
    ['SAT-SUN', [0, 6]],
    ['FRI-MON', [0, 1, 5, 6]],
    ['FRI-MON/2', [0, 5]],
    ['*/2', [0, 2, 4, 6]],
    ['?', [0, 1, 2, 3, 4, 5, 6]],
  ])('reads the weekdays %s', (field, weekdays) => {
    expect(cron(`0 0 * * ${field}`).days).toMatchObject({ weekdays, lastWeekdays: [], combine: 'AND' });
  });

  it.each([
    ['L', [], true],
    ['l', [], true],
    ['15,L', [15], true],
    ['1-7', [1, 2, 3, 4, 5, 6, 7], false],
    ['*/10', [1, 11, 21, 31], false],
    ['?', range(1, 31), false],
  ])('reads the days of month %s', (field, days, isLastDay) => {
    const rule = cron(`0 0 ${field} * *`).days;
    expect(daysOf(rule.daysOfMonth)).toEqual(days);
    expect(rule.isLastDay).toBe(isLastDay);
  });

  it.each([
    ['5L', [], [5]],
    ['FRIL', [], [5]],
    ['0l,7L', [], [0]],
    ['MON,5L', [1], [5]],
  ])('reads %s as weekdays and last weekdays', (field, weekdays, lastWeekdays) => {
    expect(cron(`0 0 * * ${field}`).days).toMatchObject({ weekdays, lastWeekdays });
  });

  it.each([
    ['0 0 13 * FRI', 'OR'],
    ['0 0 L * 5L', 'OR'],
    ['0 0 1-31 * FRI', 'OR'],
    ['0 0 13,* * FRI', 'OR'],
    ['0 0 * * FRI', 'AND'],
    ['0 0 13 * *', 'AND'],
    ['0 0 */2 * FRI', 'AND'],
    ['0 0 13 * */2', 'AND'],
    ['0 0 ? * FRI', 'AND'],
  ])(
    '%s combines its day fields with %s: crontab(5) calls a field restricted when it does not start with a star',
    (text, combine) => {
      expect(cron(text).days.combine).toBe(combine);
    },
  );

  it.each([
    ['0 * * * *', false],
    ['0 */3 * * *', false],
    ['0 */1 * * *', false],
    ['0 9 * * *', true],
    ['0 1-2 * * *', true],
    ['0 0-23 * * *', true],
    ['0 0/3 * * *', true],
    ['0 */6,9 * * *', true],
  ])('%s: fixed time of day is %s', (text, isFixedTime) => {
    expect(cron(text).isFixedTime).toBe(isFixedTime);
  });

  it('reads every field as cron-parser does, where both dialects have the same meaning', () => {
    const field = (min: number, max: number, maxStep = Infinity): fc.Arbitrary<string> => {
      const value = fc.integer({ min, max });
      const step = fc.option(
        fc.integer({ min: 1, max: Math.min(max - min + 1, maxStep) }).map((n) => `/${n}`),
        { nil: '' },
      );
      const span = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
      const items = [value.map(String), fc.tuple(span, step).map((parts) => parts.join('')), step.map((s) => `*${s}`)];
      // `3/2` runs to the end of the field, which cron-parser's weekdays have at 7.
      if (max !== 7) items.push(fc.tuple(value, step).map((parts) => parts.join('')));
      return fc.array(fc.oneof(...items), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(','));
    };
    const expression = fc.tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7, 7));
    fc.assert(
      fc.property(expression, (fields) => {
        const ours = cron(fields.join(' '));
        // cron-parser refuses a list that names a value twice, so it is asked about each item alone.
        const theirs = (place: number, modulo = Infinity): number[] => {
          const values = fields[place]!.split(',').flatMap((item) => {
            const alone = ['*', '*', '*', '*', '*', '*'].with(place, item).join(' ');
            const { second, minute, hour, dayOfMonth, month, dayOfWeek } = CronExpressionParser.parse(alone).fields;
            return [second, minute, hour, dayOfMonth, month, dayOfWeek][place]!.values.map(Number);
          });
          return [...new Set(values.map((value) => value % modulo))].sort((x, y) => x - y);
        };
        expect(ours.seconds).toEqual(theirs(0));
        expect(ours.minutes).toEqual(theirs(1));
        expect(ours.hours).toEqual(theirs(2));
        expect(daysOf(ours.days.daysOfMonth)).toEqual(theirs(3));
        expect(ours.months).toEqual(theirs(4));
        expect(ours.days.weekdays).toEqual(theirs(5, 7));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a refusal', () => {
  it.each([
    ['', 'empty', null],
    [' \t ', 'empty', null],
    ['* '.repeat(600), 'tooLong', null],
    ['* * * *', 'fieldCount', null],
    ['0 0 0 1 1 * 2026', 'fieldCount', null],
    ['0 9 * *\n*', 'fieldCount', null],
    ['@daily', 'unsupported', null],
    ['60 * * * *', 'outOfRange', 'minute'],
    ['61 * * * * *', 'outOfRange', 'second'],
    ['0 24 * * *', 'outOfRange', 'hour'],
    ['0 0 0 * *', 'outOfRange', 'dayOfMonth'],
    ['0 0 32 * *', 'outOfRange', 'dayOfMonth'],
    ['0 0 1 0 *', 'outOfRange', 'month'],
    ['0 0 1 13 *', 'outOfRange', 'month'],
    ['0 0 * * 8', 'outOfRange', 'dayOfWeek'],
    ['0 0 * * 8L', 'outOfRange', 'dayOfWeek'],
    ['99999999999999999999 * * * *', 'outOfRange', 'minute'],
    ['0-60 * * * *', 'outOfRange', 'minute'],
    ['*/0 * * * *', 'step', 'minute'],
    ['*/61 * * * *', 'step', 'minute'],
    ['0 */25 * * *', 'step', 'hour'],
    ['0 0 * * */8', 'step', 'dayOfWeek'],
    ['30-10 * * * *', 'reversedRange', 'minute'],
    ['0 22-2 * * *', 'reversedRange', 'hour'],
    ['0 0 25-5 * *', 'reversedRange', 'dayOfMonth'],
    ['0 0 15W * *', 'unsupported', 'dayOfMonth'],
    ['0 0 LW * *', 'unsupported', 'dayOfMonth'],
    ['0 0 L-3 * *', 'unsupported', 'dayOfMonth'],
    ['0 0 * * 5#2', 'unsupported', 'dayOfWeek'],
    ['0 0 * * L', 'unsupported', 'dayOfWeek'],
    ['H * * * *', 'unsupported', 'minute'],
    ['H(0-29)/10 * * * *', 'unsupported', 'minute'],
    ['0 ? * * *', 'unsupported', 'hour'],
    ['0 0 ?,1 * *', 'unsupported', 'dayOfMonth'],
    ['0 L * * *', 'unsupported', 'hour'],
    ['0 0 1 L *', 'unsupported', 'month'],
    ['1,,2 * * * *', 'syntax', 'minute'],
    [', * * * *', 'syntax', 'minute'],
    ['1- * * * *', 'syntax', 'minute'],
    ['-1 * * * *', 'syntax', 'minute'],
    ['1-2-3 * * * *', 'syntax', 'minute'],
    ['1/2/3 * * * *', 'syntax', 'minute'],
    ['*/ * * * *', 'syntax', 'minute'],
    ['*-5 * * * *', 'syntax', 'minute'],
    ['** * * * *', 'syntax', 'minute'],
    ['1.5 * * * *', 'syntax', 'minute'],
    ['0x10 * * * *', 'syntax', 'minute'],
    ['1e1 * * * *', 'syntax', 'minute'],
    ['\u0663 * * * *', 'syntax', 'minute'],
    ['0 0 1 MONDAY *', 'syntax', 'month'],
    ['0 0 * * MONDAY', 'syntax', 'dayOfWeek'],
    ['0 0 * * JAN', 'syntax', 'dayOfWeek'],
    ['0 MON * * *', 'syntax', 'hour'],
    ['0 0 * * 1-5L', 'syntax', 'dayOfWeek'],
    ['0 0 * * constructor', 'syntax', 'dayOfWeek'],
    ['0 0 30 2 *', 'neverMatches', 'dayOfMonth'],
    ['0 0 30-31 FEB ?', 'neverMatches', 'dayOfMonth'],
    ['0 0 31 4,6 *', 'neverMatches', 'dayOfMonth'],
    ['0 0 31 2,4,6,9,11 */2', 'neverMatches', 'dayOfMonth'],
    ['0 0 */31 * 5L', 'neverMatches', 'dayOfMonth'],
  ])('of %j is %s in %s', (text, kind, field) => {
    const parsed = parseCron(text);
    expect(parsed).toMatchObject({ ok: false, error: { kind, field } });
    if (!parsed.ok) expect(parsed.error.message).toMatch(/^[A-Z0-9"@].{10,}[.?]$/);
  });

  it('says what to write instead of a range that wraps around midnight', () => {
    const parsed = parseCron('0 22-2 * * *');
    expect(!parsed.ok && parsed.error.message).toContain('22-23,0-2');
  });

  it.each([
    '0 0 29 2 *',
    '0 0 30 2 MON',
    '0 0 31 4,5 *',
    '0 0 L 2 *',
    '0 0 29 2 */7',
    '0 0 */28 2 6L',
    // The 22nd is a last Monday in a February of 28 days only.
    '0 0 */21 2 1L',
    '0 0 31 4,6 MON',
  ])('does not meet %s, which some date fits', (text) => {
    expect(parseCron(text).ok).toBe(true);
  });

  it('is an answer, never an exception, whatever the text', () => {
    const piece = fc.constantFrom(...'* , - / L ? # W H 0 1 5 7 31 59 60 MON FEB x'.split(' '), ' ', '\t');
    const texts = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseCron(text);
        if (parsed.ok) {
          // What was accepted reads the same again from its own text.
          expect(parseCron(parsed.value.text)).toEqual(parsed);
        } else {
          expect(parsed.error.message).not.toBe('');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
