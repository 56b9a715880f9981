import { err, ok, type Result } from '../values/result.js';

/** The fields of an expression, by their place in it. */
export type CronFieldName = 'second' | 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek';

/**
 * Why an expression was refused.
 *
 * - `empty`, `tooLong`, `fieldCount`: about the whole text; `field` is null.
 * - `syntax`: a part that is no number, name, range, list or step.
 * - `unsupported`: a word of another cron dialect (`W`, `#`, `H`, `@daily`, `L-3`).
 * - `outOfRange`: a number that the field does not have; `step`: a step of 0 or longer than the field.
 * - `reversedRange`: a range that ends before it begins, in a field where it may not wrap.
 * - `neverMatches`: well formed, and no date of any year fits (30 February); `field` is `dayOfMonth`.
 */
export type CronErrorKind =
  | 'empty'
  | 'tooLong'
  | 'fieldCount'
  | 'syntax'
  | 'unsupported'
  | 'outOfRange'
  | 'step'
  | 'reversedRange'
  | 'neverMatches';

/** A refusal for people: `message` is a sentence that says what to write instead, `text` the part that is wrong. */
export interface CronError {
  readonly kind: CronErrorKind;
  readonly field: CronFieldName | null;
  readonly text: string;
  readonly message: string;
}

/**
 * What one field says. `values` are sorted and without duplicates; a weekday is 0 (Sunday) to 6.
 * `startsWithStar` is crontab(5)'s test for "not restricted"; `isStar` holds when the whole field is a star, alone or with a step.
 * `isLastDay` is `L` in day-of-month; `lastWeekdays` are the `5L` of day-of-week. With either, `values` may be empty.
 */
export interface CronField {
  readonly values: readonly number[];
  readonly startsWithStar: boolean;
  readonly isStar: boolean;
  readonly isLastDay: boolean;
  readonly lastWeekdays: readonly number[];
}

interface FieldRules {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
  readonly mayWrap: boolean;
}

const MONTH_NAMES = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const RULES: Readonly<Record<CronFieldName, FieldRules>> = {
  second: { label: 'second', min: 0, max: 59, names: [], mayWrap: false },
  minute: { label: 'minute', min: 0, max: 59, names: [], mayWrap: false },
  hour: { label: 'hour', min: 0, max: 23, names: [], mayWrap: false },
  dayOfMonth: { label: 'day of month', min: 1, max: 31, names: [], mayWrap: false },
  month: { label: 'month', min: 1, max: 12, names: MONTH_NAMES, mayWrap: true },
  dayOfWeek: { label: 'day of week', min: 0, max: 6, names: WEEKDAY_NAMES, mayWrap: true },
};

const ITEM = /^(?:(?<star>\*)|(?<from>[0-9a-z]+)(?:-(?<to>[0-9a-z]+))?)(?:\/(?<step>[0-9]+))?$/;
/** Quartz's `LW`, `15W`, `L-3` and `5#2`, Jenkins's `H`, and the `@daily` family. */
const OTHER_DIALECT = /[#@?]|^(?:h(?:\(.*\))?(?:\/[0-9]+)?|[0-9]*w|lw|l(?:-[0-9]+w?)?)$/;

/**
 * Reads one field as crontab(5) writes it, and a little more: names in any case in every place where a number may
 * stand, `5/15` for `5-max/15`, `?` for `*` in the two day fields, `L` and `5L`, and ranges that wrap in month and
 * day-of-week (`NOV-FEB`, `FRI-MON`). In the other fields a wrapped range is refused, because it is not clear which
 * day the part after the wrap belongs to. 7 is Sunday, as 0 is.
 */
export function parseCronField(name: CronFieldName, text: string): Result<CronField, CronError> {
  const rules = RULES[name];
  const isDayField = name === 'dayOfMonth' || name === 'dayOfWeek';
  const field = isDayField && text === '?' ? '*' : text.toLowerCase();
  const values = new Set<number>();
  const lastWeekdays = new Set<number>();
  let isLastDay = false;

  for (const item of field.split(',')) {
    if (name === 'dayOfMonth' && item === 'l') {
      isLastDay = true;
      continue;
    }
    const lastWeekday = name === 'dayOfWeek' ? /^([0-9a-z]+)l$/.exec(item)?.[1] : undefined;
    const read = lastWeekday === undefined ? readItem(name, rules, item) : readNumber(name, rules, lastWeekday, item);
    if (!read.ok) return read;
    if (typeof read.value === 'number') lastWeekdays.add(read.value % 7);
    else for (const value of read.value) values.add(value);
  }
  return ok({
    values: sorted(values),
    startsWithStar: field.startsWith('*'),
    isStar: /^\*(?:\/[0-9]+)?$/.test(field),
    isLastDay,
    lastWeekdays: sorted(lastWeekdays),
  });
}

function readItem(name: CronFieldName, rules: FieldRules, item: string): Result<readonly number[], CronError> {
  const parts = ITEM.exec(item)?.groups;
  if (parts === undefined) return err(malformed(name, rules, item));
  const { star, from: fromText = '', to: toText, step: stepText } = parts;

  let from = rules.min;
  let to = rules.max;
  if (star === undefined) {
    const first = readNumber(name, rules, fromText, item);
    if (!first.ok) return first;
    // `5/15` runs to the end of the field; a lone number is a range of one.
    const last =
      toText === undefined
        ? ok(stepText === undefined ? first.value : rules.max)
        : readNumber(name, rules, toText, item);
    if (!last.ok) return last;
    from = first.value;
    to = last.value;
    // Sunday begins a week as 0 and ends it as 7: `7-2` is SUN-TUE, `5-7` is FRI-SUN.
    if (name === 'dayOfWeek' && from === 7) {
      from = 0;
      if (to === 7) to = 0;
    }
  }

  const span = rules.max - rules.min + 1;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1 || step > span) {
    return err(refusal('step', name, item, `The step in "${item}" must be 1 to ${span} in the ${rules.label} field.`));
  }
  if (to < from) {
    if (!rules.mayWrap) {
      const instead = `${fromText}-${rules.max},${rules.min}-${toText!}`;
      return err(
        refusal(
          'reversedRange',
          name,
          item,
          `The range "${item}" ends before it begins; to go past the end write "${instead}".`,
        ),
      );
    }
    to += span;
  }
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(((value - rules.min) % span) + rules.min);
  return ok(values);
}

/** A number or name of the field; 7 stays 7 in day-of-week, for the caller knows whether it begins or ends a range. */
function readNumber(name: CronFieldName, rules: FieldRules, text: string, item: string): Result<number, CronError> {
  const nameIndex = rules.names.indexOf(text);
  if (nameIndex >= 0) return ok(nameIndex + rules.min);
  if (!/^[0-9]+$/.test(text)) return err(malformed(name, rules, item));
  const value = Number(text);
  const max = name === 'dayOfWeek' ? 7 : rules.max;
  if (value < rules.min || value > max) {
    return err(
      refusal(
        'outOfRange',
        name,
        item,
        `"${text}" is outside of ${rules.min} to ${max}, the values of the ${rules.label} field.`,
      ),
    );
  }
  return ok(value);
}

function malformed(name: CronFieldName, rules: FieldRules, item: string): CronError {
  if (item === '') return refusal('syntax', name, item, `The ${rules.label} field has an empty place in its list.`);
  if (name === 'dayOfWeek' && item === 'l') {
    return refusal(
      'unsupported',
      name,
      item,
      'In the day of week field "L" needs a weekday: "5L" is the last Friday of the month.',
    );
  }
  if (OTHER_DIALECT.test(item)) {
    return refusal('unsupported', name, item, `"${item}" is not supported in the ${rules.label} field.`);
  }
  const words = rules.names.length > 0 ? `, names from ${rules.names[0]!.toUpperCase()}` : '';
  return refusal(
    'syntax',
    name,
    item,
    `"${item}" cannot be read in the ${rules.label} field: it takes numbers${words}, *, a-b, lists and /n steps.`,
  );
}

function refusal(kind: CronErrorKind, field: CronFieldName, text: string, message: string): CronError {
  return { kind, field, text, message };
}

function sorted(values: ReadonlySet<number>): readonly number[] {
  return [...values].sort((a, b) => a - b);
}
