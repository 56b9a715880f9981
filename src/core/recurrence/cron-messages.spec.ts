import { parseCron } from './cron-expression.js';

const errorOf = (text: string) => {
  const parsed = parseCron(text);
  return parsed.ok ? null : parsed.error;
};

describe('a refused expression says what to write instead', () => {
  it.each([
    ['', 'A cron expression is needed, for example "0 9 * * MON-FRI".'],
    ['@daily', '"@daily" is not supported: write the five fields, for example "0 0 * * *".'],
    ['x', 'A cron expression has five fields, or six with seconds first; this one has 1.'],
    ['@daily 0 * *', 'A cron expression has five fields, or six with seconds first; this one has 4.'],
    ['1,,2 * * * *', 'The minute field has an empty place in its list.'],
    ['0 0 * * L', 'In the day of week field "L" needs a weekday: "5L" is the last Friday of the month.'],
    ['0 L * * *', '"l" is not supported in the hour field.'],
    ['0 0 15W * *', '"15w" is not supported in the day of month field.'],
    [
      '0 0 1 x *',
      '"x" cannot be read in the month field: it takes numbers, names from JAN, *, a-b, lists and /n steps.',
    ],
    [
      '0 0 * * x',
      '"x" cannot be read in the day of week field: it takes numbers, names from SUN, *, a-b, lists and /n steps.',
    ],
    ['x * * * *', '"x" cannot be read in the minute field: it takes numbers, *, a-b, lists and /n steps.'],
    ['60 * * * *', '"60" is outside of 0 to 59, the values of the minute field.'],
    ['0 0 * * 8', '"8" is outside of 0 to 7, the values of the day of week field.'],
    ['*/61 * * * *', 'The step in "*/61" must be 1 to 60 in the minute field.'],
    ['30-10 * * * *', 'The range "30-10" ends before it begins; to go past the end write "30-59,0-10".'],
    ['0 0 30 2 *', 'No date ever fits this expression: its days do not exist in its months.'],
  ])('%j: %s', (text, message) => {
    expect(errorOf(text)?.message).toBe(message);
  });

  it('and shows the part that is wrong, of a very long text its beginning', () => {
    expect(errorOf('0 0  30 2 *')?.text).toBe('0 0 30 2 *');
    expect(errorOf('60 * * * *')?.text).toBe('60');
    const long = errorOf('1,'.repeat(600));
    expect(long).toMatchObject({ kind: 'tooLong', field: null });
    expect(long?.text).toHaveLength(40);
  });

  it('when its day exists in another month only, whatever its weekday', () => {
    // The 22nd is a last Monday in a February of 28 days, and in no April.
    expect(errorOf('0 0 */21 4 1L')?.kind).toBe('neverMatches');
  });
});

describe('an accepted expression', () => {
  it('is kept with single spaces', () => {
    const parsed = parseCron(' 0\t 9  * * MON ');
    expect(parsed.ok && parsed.value.text).toBe('0 9 * * MON');
  });
});
