import {
  currentOfSchedule,
  decideWish,
  howItEnded,
  type ScheduleConflictFacts,
  type ScheduleWish,
} from './schedule-conflict.js';
import { ScheduleStatus } from './schedule-words.js';

const facts: ScheduleConflictFacts = {
  status: 'PENDING',
  statusReason: null,
  version: 5,
  runCount: 0,
  hasUnfinishedRun: false,
  scheduledAt: Date.parse('2026-11-22T12:00:00Z'),
  nextRunAt: null,
  lastRunAt: null,
  updatedAt: Date.parse('2026-11-21T12:00:03.120Z'),
};
const WISHES = ['pause', 'resume', 'cancel', 'retry'] as const satisfies readonly ScheduleWish[];

describe('decideWish', () => {
  it.each<[ScheduleStatus, Record<ScheduleWish, 'change' | 'already' | 'refused'>]>([
    ['PENDING', { pause: 'change', resume: 'already', cancel: 'change', retry: 'change' }],
    ['PROCESSING', { pause: 'change', resume: 'already', cancel: 'change', retry: 'change' }],
    ['PAUSED', { pause: 'already', resume: 'change', cancel: 'change', retry: 'change' }],
    ['COMPLETED', { pause: 'refused', resume: 'refused', cancel: 'refused', retry: 'change' }],
    ['FAILED', { pause: 'refused', resume: 'refused', cancel: 'refused', retry: 'change' }],
    ['CANCELLED', { pause: 'refused', resume: 'refused', cancel: 'already', retry: 'refused' }],
  ])('of a %s schedule', (status, expected) => {
    const kinds = WISHES.map((wish) => [wish, decideWish(wish, { ...facts, status }, null).kind]);
    expect(Object.fromEntries(kinds)).toEqual(expected);
    const sameVersion = WISHES.map((wish) => [wish, decideWish(wish, { ...facts, status }, 5).kind]);
    expect(sameVersion).toEqual(kinds);
  });

  it('refuses every wish for another version, also one that is fulfilled already', () => {
    for (const wish of WISHES) {
      for (const status of Object.values(ScheduleStatus)) {
        for (const version of [4, 6]) expect(decideWish(wish, { ...facts, status }, version).kind).toBe('refused');
      }
    }
  });

  it.each<[string, ScheduleWish, Partial<ScheduleConflictFacts>, number | null]>([
    ['It has changed since version 3: it is version 5 now, PAUSED.', 'pause', { status: 'PAUSED' }, 3],
    ['There is no version 6 of it yet: it is version 5 now, PENDING.', 'cancel', {}, 6],
    ['The schedule was cancelled. It cannot be resumed any more.', 'resume', { status: 'CANCELLED' }, null],
    ['The schedule was cancelled. It cannot be paused any more.', 'pause', { status: 'CANCELLED' }, 3],
    ['The schedule was cancelled. Nothing of it is sent any more.', 'retry', { status: 'CANCELLED' }, null],
    ['It has changed since version 3: it is version 5 now, CANCELLED.', 'cancel', { status: 'CANCELLED' }, 3],
    [
      'The schedule is completed: all its runs have ended. It cannot be cancelled any more.',
      'cancel',
      { status: 'COMPLETED' },
      null,
    ],
    [
      'The schedule has failed. Nothing was there to start it in time. It cannot be paused any more.',
      'pause',
      { status: 'FAILED', statusReason: 'Nothing was there to start it in time.' },
      null,
    ],
  ])('says “%s”', (reason, wish, more, expectedVersion) => {
    expect(decideWish(wish, { ...facts, ...more }, expectedVersion)).toEqual({ kind: 'refused', reason });
  });

  it('lets what has ended be cancelled while a person’s retry of it is under way', () => {
    expect(decideWish('cancel', { ...facts, status: 'COMPLETED', hasUnfinishedRun: true }, 5).kind).toBe('change');
  });
});

describe('howItEnded', () => {
  it.each<[ScheduleStatus, string]>([
    ['CANCELLED', 'The schedule was cancelled.'],
    ['COMPLETED', 'The schedule is completed: all its runs have ended.'],
    ['FAILED', 'The schedule has failed.'],
    ['PENDING', 'The schedule is PENDING.'],
    ['PROCESSING', 'The schedule is PROCESSING.'],
    ['PAUSED', 'The schedule is PAUSED.'],
  ])('says of %s without a reason: %s', (status, sentence) => {
    expect(howItEnded({ status, statusReason: null })).toBe(sentence);
  });
});

describe('currentOfSchedule', () => {
  it('tells status, version and runs, and the instants that there are', () => {
    expect(currentOfSchedule({ ...facts, hasUnfinishedRun: true })).toEqual({
      status: 'PENDING',
      version: 5,
      runCount: 0,
      scheduledAt: '2026-11-22T12:00:00.000Z',
      updatedAt: '2026-11-21T12:00:03.120Z',
    });
  });
});
