import { isPermitAlive, PERMIT_LIFE_MS } from './permit-life.js';

describe('a permit', () => {
  it('lasts two seconds from the claim, and no longer', () => {
    expect(isPermitAlive(5_000, 5_000)).toBe(true);
    expect(isPermitAlive(5_000, 7_000)).toBe(true);
    expect(isPermitAlive(5_000, 7_000.5)).toBe(false);
    expect(PERMIT_LIFE_MS).toBe(2_000);
  });
});
