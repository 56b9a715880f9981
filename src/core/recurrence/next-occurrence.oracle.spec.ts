import { CronExpressionParser } from 'cron-parser';
import { parseCron, type CronExpression } from './cron-expression.js';
import { occurrencesBetween, type DstPolicy } from './next-occurrence.js';
import { offsetAt, parseTimeZone, type TimeZone } from './time-zone.js';

/*
 * The same question answered by walking: around every change of the clock of every zone from 2020 to 2040, each step of
 * real time is looked at through Intl, and each label of the calendar through Date in UTC. Nothing of the code under
 * test takes part; even the fields of the expressions are read by cron-parser.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FROM = Date.UTC(2020, 0, 1);
const UNTIL = Date.UTC(2041, 0, 1);
/** No two changes of a zone are closer than 6.9 days (Gaza, 2040), so that no pair hides between two looks. */
const LOOK_EVERY = 5 * DAY;
const WINDOW = 1.5 * DAY;

/** Multiples of 15 minutes, so that a walk in steps of 15 minutes sees every instant that matters. */
const QUARTER_HOURLY = [
  '*/15 * * * *',
  '45 */2 * * *',
  '15 */3 * * 0,6',
  '0 * L * *',
  '0 0 * * *',
  '30 0 * * *',
  '30 1 * * *',
  '15 2 * * *',
  '0,30 1-3 * * *',
  '0 0-23 * * *',
  '30 23 * * *',
  '0,15,45 22-23 * * *',
  '0 2 * * 0',
  '30 2 8-14,25-31 3,10,11 0',
  '30 3 */2 * 0-3',
  '0 0 L * 1',
];
const BY_THE_MINUTE = [
  '*/7 * * * *',
  '59 */2 * * *',
  '1 0 * * *',
  '7,37 1-3 * * *',
  '*/11 0-4,21-23 * * *',
  '59 23 * * *',
];

/** A walk, and at which instants it saw each label. */
interface Walk {
  readonly steps: readonly Step[];
  readonly shownAt: ReadonlyMap<number, readonly number[]>;
  readonly firstLabel: number;
  readonly lastLabel: number;
}

interface Change {
  readonly at: number;
  readonly text: string;
}

/** One step of real time, with the label that Intl shows at it as UTC milliseconds. */
interface Step {
  readonly at: number;
  readonly label: number;
}

function formatter(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', { timeZone: zone, ...options });
}

/** Every change of the zone's offset, found by its printed offset ("GMT-04:00"), to the second. */
function changesOf(zone: string): Change[] {
  const print = formatter(zone, { timeZoneName: 'longOffset', year: undefined, hour: 'numeric' });
  const offsetText = (at: number): string =>
    print
      .format(at)
      .replace(/^.*GMT/, 'GMT')
      .replace(/GMT$/, 'GMT+00:00');
  const changes: Change[] = [];
  let known = offsetText(FROM);
  for (let look = FROM + LOOK_EVERY; look <= UNTIL; look += LOOK_EVERY) {
    const seen = offsetText(look);
    if (seen === known) continue;
    let before = look - LOOK_EVERY;
    let at = look;
    while (at - before > 1_000) {
      const middle = Math.floor((before + at) / 2_000) * 1_000;
      if (offsetText(middle) === known) before = middle;
      else at = middle;
    }
    changes.push({ at, text: `${at} ${known} ${seen}` });
    known = seen;
  }
  return changes;
}

function walk(zone: string, from: number, until: number, stepMs: number): Walk {
  const print = formatter(zone, {
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const steps: Step[] = [];
  for (let at = from; at <= until; at += stepMs) {
    // "03/08/2026, 03:00"
    const text = print.format(at);
    const part = (start: number, length: number): number => Number(text.slice(start, start + length));
    steps.push({ at, label: Date.UTC(part(6, 4), part(0, 2) - 1, part(3, 2), part(12, 2), part(15, 2)) });
  }
  const shownAt = new Map<number, number[]>();
  for (const { at, label } of steps) {
    const shown = shownAt.get(label);
    if (shown === undefined) shownAt.set(label, [at]);
    else shown.push(at);
  }
  const labels = [...shownAt.keys()];
  return { steps, shownAt, firstLabel: Math.min(...labels), lastLabel: Math.max(...labels) };
}

/** Whether an expression names a label, by crontab(5) and cron-parser's reading of its fields. */
function matcher(text: string): (label: number) => boolean {
  const fields = CronExpressionParser.parse(text).fields;
  const [, , dayOfMonth, , dayOfWeek] = text.split(' ');
  const isRestricted = !dayOfMonth!.startsWith('*') && !dayOfWeek!.startsWith('*');
  const set = (field: { readonly values: readonly (number | string)[] }): Set<number | string> => new Set(field.values);
  const [minutes, hours, days, months, weekdays] = [
    set(fields.minute),
    set(fields.hour),
    set(fields.dayOfMonth),
    set(fields.month),
    set(fields.dayOfWeek),
  ];
  return (label) => {
    // The time of day first: it turns away most labels without a Date.
    if (!minutes.has((label / MINUTE) % 60) || !hours.has(Math.floor(label / HOUR) % 24)) return false;
    const date = new Date(label);
    const isLastDay = new Date(label + DAY).getUTCDate() === 1;
    const byDate = days.has(date.getUTCDate()) || (isLastDay && days.has('L'));
    const byWeekday = weekdays.has(date.getUTCDay());
    return months.has(date.getUTCMonth() + 1) && (isRestricted ? byDate || byWeekday : byDate && byWeekday);
  };
}

/** Real time: every step whose label is named. */
function walkRealTime(matches: (label: number) => boolean, { steps }: Walk): number[] {
  return steps.filter((step) => matches(step.label)).map((step) => step.at);
}

/** Fixed times: every label of the calendar, at the step or steps that show it or at the first step beyond it. */
function walkFixedTimes(
  matches: (label: number) => boolean,
  walked: Walk,
  stepMs: number,
  policy: DstPolicy,
): number[] {
  const { steps, shownAt, firstLabel, lastLabel } = walked;
  const instants = new Set<number>();
  for (let label = firstLabel; label <= lastLabel; label += stepMs) {
    if (!matches(label)) continue;
    const shown = shownAt.get(label);
    if (shown !== undefined) {
      instants.add(policy.dstOverlap === 'FIRST' ? shown[0]! : shown[shown.length - 1]!);
    } else if (policy.dstGap === 'RUN_AT_GAP_END') {
      const beyond = steps.find((step, index) => step.label > label && steps[index - 1]!.label < label);
      instants.add(beyond!.at);
    }
  }
  return [...instants].sort((a, b) => a - b);
}

const POLICIES: readonly DstPolicy[] = [
  { dstGap: 'RUN_AT_GAP_END', dstOverlap: 'FIRST' },
  { dstGap: 'SKIP', dstOverlap: 'SECOND' },
];

interface Subject {
  readonly text: string;
  readonly expression: CronExpression;
  readonly matches: (label: number) => boolean;
}

function subject(text: string): Subject {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return { text, expression: parsed.value, matches: matcher(text) };
}

function zoneOf(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** Compares within a day and a half of an instant; returns how many occurrences agreed. */
function compareAround(name: string, around: number, stepMs: number, subjects: readonly Subject[]): number {
  const zone = zoneOf(name);
  const center = Math.floor(around / stepMs) * stepMs;
  const from = center - WINDOW;
  const until = center + WINDOW;
  // The walk begins and ends further out than the comparison: a label near its edge may be shown just outside.
  const walked = walk(name, from - 3 * HOUR, until + 3 * HOUR, stepMs);
  let agreed = 0;
  for (const { text, expression, matches } of subjects) {
    for (const policy of expression.isFixedTime ? POLICIES : POLICIES.slice(0, 1)) {
      const instants = expression.isFixedTime
        ? walkFixedTimes(matches, walked, stepMs, policy)
        : walkRealTime(matches, walked);
      const expected = instants.filter((at) => at > from && at <= until);
      const found = occurrencesBetween(expression, zone, from, until, 10_000, policy);
      if (found.join() !== expected.join()) {
        const print = (instants: number[]): string[] => instants.map((at) => new Date(at).toISOString());
        expect({ name, text, policy, found: print(found) }).toEqual({ name, text, policy, found: print(expected) });
      }
      agreed += found.length;
    }
  }
  return agreed;
}

jest.setTimeout(120_000);

describe('occurrences around every change of every zone from 2020 to 2040', () => {
  const names = Intl.supportedValuesOf('timeZone');
  const changes = new Map(names.map((name) => [name, changesOf(name)]));
  /** Zones with the same changes answer alike: one of each group is walked in full. */
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const texts = changes.get(name)!.map((change) => change.text);
    const key = texts.join() || `always ${offsetAt(zoneOf(name), FROM)}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const quarterHourly = QUARTER_HOURLY.map(subject);
  const byTheMinute = BY_THE_MINUTE.map(subject);
  const inEachZone = ['30 * * * *', '0 */2 * * *', '30 1 * * *', '15 2 * * *', '0 0 * * *', '30 23 * * 0'].map(subject);

  it('are about real changes: gaps and overlaps, of an hour, of half an hour and of two', () => {
    const all = [...changes.values()].flat();
    expect(all.length).toBeGreaterThan(3_000);
    expect(changes.get('America/New_York')).toHaveLength(42);
    expect(changes.get('America/Cuiaba')).toHaveLength(0);
    const pairs = new Set(all.map((change) => change.text.replace(/^\d+ /, '')));
    for (const pair of ['GMT-05:00 GMT-04:00', 'GMT+11:00 GMT+10:30', 'GMT+00:00 GMT+02:00']) {
      expect(pairs.has(pair)).toBe(true);
    }
  });

  it('find the offset on both sides of each change, in each zone', () => {
    for (const [name, found] of changes) {
      const zone = zoneOf(name);
      for (const { at, text } of found) {
        const [, before, after] = text.split(' ');
        expect([name, at, printed(offsetAt(zone, at - 1)), printed(offsetAt(zone, at))]).toEqual([
          name,
          at,
          before,
          after,
        ]);
      }
    }
  });

  it('agree with a walk through each change, in each group of zones', () => {
    let agreed = 0;
    for (const [name] of groups.values()) {
      for (const { at } of changes.get(name!)!) {
        // Casey's changes of 2020 to 2022 are a minute after the hour; all others are at a quarter of an hour.
        const stepMs = at % (15 * MINUTE) === 0 ? 15 * MINUTE : MINUTE;
        agreed += compareAround(name!, at, stepMs, quarterHourly);
      }
    }
    expect(agreed).toBeGreaterThan(100_000);
  });

  it('agree with a walk by the minute through the first gap and the first overlap of each group', () => {
    let agreed = 0;
    for (const [name] of groups.values()) {
      for (const { at } of changes.get(name!)!.slice(0, 2)) agreed += compareAround(name!, at, MINUTE, byTheMinute);
    }
    expect(agreed).toBeGreaterThan(10_000);
  });

  it('agree with a walk in each single zone, at its first change or at a new year', () => {
    for (const name of names) {
      const around = changes.get(name)![0]?.at ?? Date.UTC(2026, 0, 1);
      const stepMs = around % (15 * MINUTE) === 0 ? 15 * MINUTE : MINUTE;
      expect(compareAround(name, around, stepMs, inEachZone)).toBeGreaterThan(0);
    }
  });
});

function printed(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / MINUTE;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `GMT${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
