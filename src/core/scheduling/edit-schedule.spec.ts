import {
  changesTiming,
  EDITABLE_FIELDS,
  givenFields,
  refuseEdit,
  refuseNulls,
  type EditFacts,
} from './edit-schedule.js';

const pending: EditFacts = {
  type: 'FUTURE',
  status: 'PENDING',
  statusReason: null,
  version: 3,
  runCount: 0,
  lastRunAt: null,
  perContactTimeZone: false,
  isMaterialising: false,
};

describe('refuseEdit', () => {
  it('allows every field before the run begins', () => {
    expect(refuseEdit(pending, EDITABLE_FIELDS, 3)).toBeNull();
    expect(refuseEdit(pending, EDITABLE_FIELDS, null)).toBeNull();
  });

  it('refuses an edit of a version that somebody has changed', () => {
    expect(refuseEdit(pending, ['name'], 2)).toBe('It has changed since version 2: it is version 3 now, PENDING.');
  });

  it.each([
    ['COMPLETED', null, 'The schedule is completed: all its runs have ended. It cannot change any more.'],
    ['FAILED', 'It came too late.', 'The schedule has failed. It came too late. It cannot change any more.'],
    ['CANCELLED', null, 'The schedule was cancelled. It cannot change any more.'],
  ] as const)('refuses an edit of a %s schedule, of whatever version, and says how it ended', (...row) => {
    const [status, statusReason, reason] = row;
    expect(refuseEdit({ ...pending, status, statusReason }, ['name'], null)).toBe(reason);
    expect(refuseEdit({ ...pending, status, statusReason }, ['name'], 1)).toBe(reason);
  });

  it('says when the only run began rather than that the version is another', () => {
    const lastRunAt = Date.parse('2026-11-21T12:00:00Z');
    const begun = { ...pending, status: 'PROCESSING' as const, runCount: 1, version: 4, lastRunAt };
    expect(refuseEdit(begun, ['scheduledAt', 'name'], 3)).toBe(
      'Its run began at 2026-11-21T12:00:00.000Z, before this reached it: scheduledAt cannot change any more.',
    );
    expect(refuseEdit({ ...begun, perContactTimeZone: true }, ['perContactTimeZone'], null)).toBe(
      'Its run has begun for the zones whose clocks are ahead, before this reached it: ' +
        'perContactTimeZone cannot change any more.',
    );
    expect(refuseEdit(begun, ['name'], 3)).toBe('It has changed since version 3: it is version 4 now, PROCESSING.');
  });

  it('refuses what was planned once the only run has begun, and names it', () => {
    const begun = { ...pending, status: 'PROCESSING' as const, runCount: 1 };
    const allowed = EDITABLE_FIELDS.filter((field) => refuseEdit(begun, [field], null) === null);
    expect(allowed).toEqual([
      'name',
      'description',
      'campaign',
      'priority',
      'useNicknames',
      'respectRateLimit',
      'retryPolicy',
      'guarantee',
      'expiresAfterSeconds',
    ]);
    expect(refuseEdit(begun, ['name', 'messageId', 'scheduledAt'], null)).toContain('messageId, scheduledAt');
  });

  it('lets a recurring schedule change between and during its runs, but not its targets while they are read', () => {
    const recurring = { ...pending, type: 'RECURRING' as const, runCount: 9 };
    expect(refuseEdit(recurring, EDITABLE_FIELDS, null)).toBeNull();
    expect(refuseEdit({ ...recurring, isMaterialising: true }, ['cronExpression'], null)).toBeNull();
    for (const field of ['targetContactIds', 'targetGroupIds'] as const) {
      expect(refuseEdit({ ...recurring, isMaterialising: true }, ['name', field], null)).toBe(
        'A run is being prepared for the present targets. Try again in a moment.',
      );
    }
  });

  it('keeps a campaign to the audience and the zone that it was planned for', () => {
    const campaign = { ...pending, type: 'CAMPAIGN' as const };
    expect(refuseEdit(campaign, ['name', 'targetGroupIds', 'timeZone'], null)).toBe(
      'The plan of a campaign is made for its audience and zone: targetGroupIds, timeZone cannot change; ' +
        'make another one.',
    );
    const fixed = EDITABLE_FIELDS.filter((field) => refuseEdit(campaign, [field], null) !== null);
    expect(fixed).toEqual(['targetContactIds', 'targetGroupIds', 'timeZone']);
  });

  it('says that the only run has begun when nobody knows since when', () => {
    expect(refuseEdit({ ...pending, runCount: 1 }, ['scheduledAt'], null)).toBe(
      'Its run has begun, before this reached it: scheduledAt cannot change any more.',
    );
  });
});

describe('fields of an edit', () => {
  it('counts null as given and absent as not', () => {
    expect(givenFields({ name: 'x', description: null, priority: undefined })).toEqual(['name', 'description']);
  });

  it('refuses null where it clears nothing', () => {
    expect(refuseNulls({ name: null, description: null })).toEqual([
      { field: 'input.name', message: 'must not be null', rule: 'notNull' },
    ]);
    const nulls = Object.fromEntries(EDITABLE_FIELDS.map((field) => [field, null]));
    expect(refuseNulls(nulls).map(({ field }) => field)).toEqual([
      'input.name',
      'input.messageId',
      'input.scheduledAt',
      'input.cronExpression',
      'input.timeZone',
      'input.misfirePolicy',
      'input.perContactTimeZone',
      'input.campaign',
      'input.priority',
      'input.useNicknames',
      'input.respectRateLimit',
      'input.guarantee',
    ]);
  });

  it('knows what moves the next run', () => {
    expect(changesTiming(['name', 'cronExpression'])).toBe(true);
    expect(changesTiming([])).toBe(false);
    expect(EDITABLE_FIELDS.filter((field) => changesTiming([field]))).toEqual([
      'scheduledAt',
      'cronExpression',
      'timeZone',
      'startsAt',
      'endsAt',
      'maxRuns',
    ]);
  });
});
