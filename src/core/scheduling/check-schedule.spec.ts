import { parseTimeZone } from '../recurrence/time-zone.js';
import {
  checkExactlyOne,
  checkOneOf,
  checkSchedule,
  checkTargets,
  MAX_TARGETS,
  withoutRefused,
  type ScheduleDraft,
} from './check-schedule.js';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const parsed = parseTimeZone('America/Cuiaba');
const zone = parsed.ok ? parsed.value : null;

const fine: ScheduleDraft = {
  type: 'FUTURE',
  name: 'Aviso',
  hasMessageId: true,
  hasMessage: false,
  targetContactIds: ['a'],
  targetGroupIds: [],
  scheduledAt: NOW + 60_000,
};

const rules = (draft: Partial<ScheduleDraft>) =>
  checkSchedule({ ...fine, ...draft }, zone, NOW).violations.map(({ field, rule }) => `${field}:${rule}`);

describe('checkSchedule', () => {
  it('accepts a schedule that breaks no rule and tells its first run', () => {
    expect(checkSchedule(fine, zone, NOW)).toEqual({ violations: [], nextRunAt: NOW + 60_000 });
  });

  it.each<[string, Partial<ScheduleDraft>, string[]]>([
    ['a blank name', { name: '  ' }, ['input.name:required']],
    ['a name of 200 characters', { name: 'n'.repeat(200) }, []],
    ['a name of 1,001 characters', { name: 'n'.repeat(1_001) }, ['input.name:maxLength']],
    ['a name that cannot be stored', { name: 'a\0b' }, ['input.name:characters']],
    ['a description of 2,001 characters', { description: 'd'.repeat(2_001) }, ['input.description:maxLength']],
    ['both messages', { hasMessage: true }, ['input.messageId:exactlyOne', 'input.message:exactlyOne']],
    ['no message', { hasMessageId: false }, ['input.messageId:exactlyOne', 'input.message:exactlyOne']],
    ['no target', { targetContactIds: [] }, ['input.targetContactIds:targets.required']],
    ['a group alone', { targetContactIds: [], targetGroupIds: ['g'] }, []],
    ['the largest number of targets', { targetContactIds: Array<string>(MAX_TARGETS).fill('x') }, []],
    [
      'one more',
      { targetContactIds: Array<string>(MAX_TARGETS).fill('x'), targetGroupIds: ['g'] },
      ['input.targetContactIds:maxItems'],
    ],
    ['an empty reference', { clientReference: '' }, ['input.clientReference:required']],
    ['a reference of 201 characters', { clientReference: 'r'.repeat(201) }, ['input.clientReference:maxLength']],
  ])('%s', (_title, draft, expected) => {
    expect(rules(draft)).toEqual(expected);
  });

  it('tells no first run of a schedule that is refused for another reason', () => {
    expect(checkSchedule({ ...fine, name: '' }, zone, NOW).nextRunAt).toBeNull();
  });

  it('takes a reference of null for none', () => {
    expect(rules({ clientReference: null })).toEqual([]);
  });

  it('tells everything at once and then no first run', () => {
    const wrong = { ...fine, name: '', hasMessage: true, targetContactIds: [], scheduledAt: NOW - 1, maxRuns: 2 };
    const { violations, nextRunAt } = checkSchedule(wrong, zone, NOW);
    expect(violations.map(({ field }) => field)).toEqual([
      'input.name',
      'input.messageId',
      'input.message',
      'input.targetContactIds',
      'input.maxRuns',
      'input.scheduledAt',
    ]);
    expect(nextRunAt).toBeNull();
  });
});

describe('the messages of violations', () => {
  it.each<[Partial<ScheduleDraft>, string[]]>([
    [{ name: '' }, ['must have 1 to 200 characters']],
    [{ name: 'n'.repeat(201) }, ['must have at most 200 characters']],
    [{ name: 'a\0' }, ['has a character that cannot be stored']],
    [{ hasMessage: true }, Array<string>(2).fill('give exactly one of messageId and message')],
    [{ targetContactIds: [] }, ['give at least one contact or group']],
    [
      { targetContactIds: Array<string>(10_001).fill('x') },
      ['at most 10000 ids in all; put more contacts into a group'],
    ],
  ])('say what to do instead: %#', (draft, messages) => {
    expect(checkSchedule({ ...fine, ...draft }, zone, NOW).violations.map(({ message }) => message)).toEqual(messages);
  });
});

describe('checkExactlyOne', () => {
  it('accepts one, and names both fields for neither and for both', () => {
    expect(checkExactlyOne('input.a', true, 'input.b', false)).toEqual([]);
    expect(checkExactlyOne('input.a', false, 'input.b', true)).toEqual([]);
    const both = ['input.a', 'input.b'].map((field) => ({
      field,
      message: 'give exactly one of a and b',
      rule: 'exactlyOne',
    }));
    expect(checkExactlyOne('input.a', true, 'input.b', true)).toEqual(both);
    expect(checkExactlyOne('input.a', false, 'input.b', false)).toEqual(both);
  });
});

describe('too many targets', () => {
  it('are told at the list that has most of them', () => {
    const ids = (count: number): string[] => Array<string>(count).fill('x');
    const fieldFor = (contacts: number, groups: number) => checkTargets(ids(contacts), ids(groups))[0]?.field;
    expect(fieldFor(5_001, 5_000)).toBe('input.targetContactIds');
    expect(fieldFor(5_000, 5_001)).toBe('input.targetGroupIds');
    expect(fieldFor(5_000, 5_000)).toBeUndefined();
  });
});

describe('withoutRefused', () => {
  it('keeps the first reason of a field and drops what follows from it', () => {
    const unreadable = { field: 'input.scheduledAt', message: 'needs an offset', rule: 'dateTime.offset' };
    const missing = { field: 'input.scheduledAt', message: 'is needed', rule: 'required' };
    const other = { field: 'input.name', message: 'must have 1 to 200 characters', rule: 'required' };
    expect(withoutRefused([unreadable], [missing, other])).toEqual([other]);
  });
});

describe('a schedule for a conversation', () => {
  const conversation = { conversationId: '4711', targetContactIds: [], scheduledAt: NOW + 300_000 };

  it('needs no target, and takes none', () => {
    expect(rules(conversation)).toEqual([]);
    expect(rules({ ...conversation, targetContactIds: ['a'] })).toEqual([
      'input.conversationId:exactlyOne',
      'input.targetContactIds:exactlyOne',
    ]);
  });

  it('is told once what is wrong with its instant', () => {
    expect(rules({ ...conversation, scheduledAt: NOW + 299_999 })).toEqual(['input.scheduledAt:leadTime']);
    expect(rules({ ...conversation, scheduledAt: NOW })).toEqual(['input.scheduledAt:future']);
    expect(rules({ ...conversation, scheduledAt: NOW + 366 * 86_400_000 + 1 })).toEqual([
      'input.scheduledAt:maxDaysAhead',
    ]);
    expect(rules({ ...conversation, scheduledAt: null })).toEqual(['input.scheduledAt:required']);
  });
});

describe('checkOneOf', () => {
  const fieldsOf = (...given: boolean[]) =>
    checkOneOf(Object.fromEntries(given.map((isGiven, index) => [`input.${'abc'[index]}`, isGiven]))).map(
      ({ field }) => field,
    );

  it('accepts one', () => {
    expect([fieldsOf(true, false, false), fieldsOf(false, false, true)]).toEqual([[], []]);
    expect(checkOneOf({ 'input.a': true, 'input.b': false })).toEqual([]);
  });

  it('names all of them when none is given, and those that are when there are several', () => {
    expect(fieldsOf(false, false, false)).toEqual(['input.a', 'input.b', 'input.c']);
    expect(fieldsOf(true, false, true)).toEqual(['input.a', 'input.c']);
    expect(checkOneOf({ 'input.a': false, 'input.b': false, 'input.c': false })[0]).toEqual({
      field: 'input.a',
      message: 'give exactly one of a, b and c',
      rule: 'exactlyOne',
    });
  });
});
