import { RunState, runStatusOf } from './schedule-words.js';

describe('the status of a run', () => {
  it('is its state, but that its audience is still being written down concerns nobody', () => {
    const told = Object.values(RunState).map((state) => [state, runStatusOf(state)]);
    expect(Object.fromEntries(told)).toEqual({
      CREATED: 'RUNNING',
      RUNNING: 'RUNNING',
      COMPLETED: 'COMPLETED',
      COMPLETED_WITH_FAILURES: 'COMPLETED_WITH_FAILURES',
      CANCELLED: 'CANCELLED',
      MISSED: 'MISSED',
      SKIPPED: 'SKIPPED',
    });
  });
});
