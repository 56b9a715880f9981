import { us, zoneOf } from '../../../test/support/core/explanation-facts.js';
import { sinceText, untilText } from './time-text.js';

const CUIABA = zoneOf('America/Cuiaba');

describe('an instant in a sentence', () => {
  it('is the wall clock of the zone, with seconds when there are any', () => {
    expect(untilText(CUIABA, us('2026-01-02T13:04:00Z'))).toBe('2026-01-02 09:04 (America/Cuiaba)');
    expect(untilText(CUIABA, us('2026-01-02T13:04:05Z'))).toBe('2026-01-02 09:04:05 (America/Cuiaba)');
    expect(sinceText(zoneOf('UTC'), us('0999-12-31T00:00:00Z'))).toBe('0999-12-31 00:00 (UTC)');
  });

  it('comes with the next whole second when it is ahead, and is of the last one when it has passed', () => {
    expect(untilText(CUIABA, us('2026-01-02T13:04:59Z') + 1)).toBe('2026-01-02 09:05 (America/Cuiaba)');
    expect(sinceText(CUIABA, us('2026-01-02T13:04:59Z') + 999_999)).toBe('2026-01-02 09:04:59 (America/Cuiaba)');
  });
});
