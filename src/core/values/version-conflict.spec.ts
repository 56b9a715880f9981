import { explainVersion } from './version-conflict.js';

describe('explainVersion', () => {
  const present = { version: 3, status: 'PAUSED' };

  it('has nothing to tell who names no version or the present one', () => {
    expect(explainVersion(present, null)).toBeNull();
    expect(explainVersion(present, 3)).toBeNull();
  });

  it('tells an older version from one that does not exist yet, and the present one with its status', () => {
    expect(explainVersion(present, 2)).toBe('It has changed since version 2: it is version 3 now, PAUSED.');
    expect(explainVersion(present, 4)).toBe('There is no version 4 of it yet: it is version 3 now, PAUSED.');
  });
});
