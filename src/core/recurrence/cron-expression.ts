import { err, ok, type Result } from '../values/result.js';
import { dayMaskOf, matchingDays, type DayRule } from './cron-days.js';
import { parseCronField, type CronError, type CronField, type CronFieldName } from './cron-field.js';

export type { CronError, CronErrorKind, CronFieldName } from './cron-field.js';

declare const cronExpressionBrand: unique symbol;

/**
 * A cron expression that names at least one second of some year. Only {@link parseCron} makes one.
 *
 * `text` is the expression with single spaces. The time lists are sorted and never empty; `months` are 1 to 12.
 * `isFixedTime` holds unless the hour field is a star, alone or with a step: then the expression means times of the
 * day, each once per local date; otherwise it means a rhythm that follows real time across changes of the clock.
 * A range counts as fixed, also `0-23`.
 */
export interface CronExpression {
  readonly [cronExpressionBrand]: true;
  readonly text: string;
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  readonly days: DayRule;
  readonly isFixedTime: boolean;
}

const MAX_LENGTH = 1_024; // Every value of every field listed one by one takes about 600 characters.
const FIELD_NAMES = [
  'second',
  'minute',
  'hour',
  'dayOfMonth',
  'month',
  'dayOfWeek',
] as const satisfies readonly CronFieldName[];

/**
 * Reads five fields (minute, hour, day of month, month, day of week) or six (with seconds in front), separated by
 * spaces or tabs. What a field may hold: {@link parseCronField}. The first wrong field is told, from the left.
 *
 * An expression that fits no date of any year ("0 0 30 2 *", "0 0 31 4,6 *", a 1st that is the last Friday) is
 * refused as `neverMatches`: stored, it would be a schedule that waits for ever and says nothing.
 */
export function parseCron(text: string): Result<CronExpression, CronError> {
  if (text.length > MAX_LENGTH) {
    return err(wholeText('tooLong', text.slice(0, 40), `A cron expression has at most ${MAX_LENGTH} characters.`));
  }
  const parts = text.split(/[ \t]+/).filter((part) => part !== '');
  if (parts.length === 0) {
    return err(wholeText('empty', text, 'A cron expression is needed, for example "0 9 * * MON-FRI".'));
  }
  if (parts.length === 1 && parts[0]!.startsWith('@')) {
    return err(
      wholeText('unsupported', text, `"${text}" is not supported: write the five fields, for example "0 0 * * *".`),
    );
  }
  if (parts.length !== 5 && parts.length !== 6) {
    return err(
      wholeText(
        'fieldCount',
        text,
        `A cron expression has five fields, or six with seconds first; this one has ${parts.length}.`,
      ),
    );
  }

  const fields = {} as Record<CronFieldName, CronField>;
  const texts = parts.length === 5 ? ['0', ...parts] : parts;
  for (const [index, name] of FIELD_NAMES.entries()) {
    const field = parseCronField(name, texts[index]!);
    if (!field.ok) return field;
    fields[name] = field.value;
  }

  const days = dayRuleOf(fields.dayOfMonth, fields.dayOfWeek);
  if (!matchesSomeDate(fields.month.values, days)) {
    const message = 'No date ever fits this expression: its days do not exist in its months.';
    return err({ kind: 'neverMatches', field: 'dayOfMonth', text: parts.join(' '), message });
  }
  const expression: Omit<CronExpression, typeof cronExpressionBrand> = {
    text: parts.join(' '),
    seconds: fields.second.values,
    minutes: fields.minute.values,
    hours: fields.hour.values,
    months: fields.month.values,
    days,
    isFixedTime: !fields.hour.isStar,
  };
  return ok(expression as CronExpression);
}

function dayRuleOf(dayOfMonth: CronField, dayOfWeek: CronField): DayRule {
  return {
    daysOfMonth: dayMaskOf(dayOfMonth.values),
    isLastDay: dayOfMonth.isLastDay,
    weekdays: dayOfWeek.values,
    lastWeekdays: dayOfWeek.lastWeekdays,
    combine: dayOfMonth.startsWithStar || dayOfWeek.startsWithStar ? 'AND' : 'OR',
  };
}

/** Tries every shape that the months can have: each of them begins on each weekday in some year, 29-day Februaries too. */
function matchesSomeDate(months: readonly number[], days: DayRule): boolean {
  const lengths = new Set<number>(months.map((month) => (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31)));
  // A 28-day February has a last day and last weekdays of its own.
  if (months.includes(2)) lengths.add(28);
  for (const length of lengths) {
    for (let firstWeekday = 0; firstWeekday < 7; firstWeekday += 1) {
      if (matchingDays(days, length, firstWeekday) !== 0) return true;
    }
  }
  return false;
}

function wholeText(kind: CronError['kind'], text: string, message: string): CronError {
  return { kind, field: null, text, message };
}
