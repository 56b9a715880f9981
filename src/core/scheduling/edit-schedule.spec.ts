import {
  changesTiming,
  EDITABLE_FIELDS,
  givenFields,
  refuseEdit,
  refuseNulls,
  type EditFacts,
} from './edit-schedule.js';

const pending: EditFacts = { type: 'FUTURE', status: 'PENDING', version: 3, runCount: 0, isMaterialising: false };

describe('refuseEdit', () => {
  it('allows every field before the run begins', () => {
    expect(refuseEdit(pending, EDITABLE_FIELDS, 3)).toBeNull();
    expect(refuseEdit(pending, EDITABLE_FIELDS, null)).toBeNull();
  });

  it('refuses an edit of a version that somebody has changed', () => {
    expect(refuseEdit(pending, ['name'], 2)).not.toBeNull();
  });

  it.each(['COMPLETED', 'FAILED', 'CANCELLED'] as const)('refuses an edit of a %s schedule', (status) => {
    expect(refuseEdit({ ...pending, status }, ['name'], null)).toContain(status);
  });

  it('refuses what was planned once the only run has begun, and names it', () => {
    const begun = { ...pending, status: 'PROCESSING' as const, runCount: 1 };
    const allowed = EDITABLE_FIELDS.filter((field) => refuseEdit(begun, [field], null) === null);
    expect(allowed).toEqual([
      'name',
      'description',
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
    expect(refuseEdit({ ...recurring, isMaterialising: true }, ['targetGroupIds'], null)).not.toBeNull();
  });
});

describe('fields of an edit', () => {
  it('counts null as given and absent as not', () => {
    expect(givenFields({ name: 'x', description: null, priority: undefined })).toEqual(['name', 'description']);
  });

  it('refuses null where it clears nothing', () => {
    const nulls = Object.fromEntries(EDITABLE_FIELDS.map((field) => [field, null]));
    expect(refuseNulls(nulls).map(({ field }) => field)).toEqual([
      'input.name',
      'input.messageId',
      'input.scheduledAt',
      'input.cronExpression',
      'input.timeZone',
      'input.misfirePolicy',
      'input.priority',
      'input.useNicknames',
      'input.respectRateLimit',
      'input.guarantee',
    ]);
  });

  it('knows what moves the next run', () => {
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
