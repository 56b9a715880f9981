import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { coreAnswers } from './answers.js';

/** As another process would read them. */
const printed = (): unknown => JSON.parse(JSON.stringify(coreAnswers()));

describe('what the core decides does not depend on', () => {
  afterEach(() => jest.useRealTimers());

  it('the current date, nor on which side of a change of clocks it is', () => {
    const expected = printed();
    for (const now of [
      '2018-11-04T02:59:59Z',
      '2026-03-08T06:59:59Z',
      '2026-07-01T00:00:00Z',
      '2031-04-05T14:00:00Z',
    ]) {
      jest.useFakeTimers({ now: Date.parse(now) });
      expect(printed()).toEqual(expected);
    }
  });

  it("the process's time zone", () => {
    const register = join(__dirname, '..', 'support', 'typescript-register.cjs');
    const program = `
      const { coreAnswers } = require(${JSON.stringify(join(__dirname, 'answers.ts'))});
      const january = new Date(2026, 0, 1).getTimezoneOffset();
      console.log(JSON.stringify({ january, answers: coreAnswers() }));`;
    const offsets = ['UTC', 'America/Sao_Paulo', 'Pacific/Auckland'].map((TZ) => {
      const output = execFileSync(process.execPath, ['--require', register, '-e', program], {
        env: { TZ },
        encoding: 'utf8',
      });
      const { january, answers } = JSON.parse(output) as { january: number; answers: unknown };
      expect(answers).toEqual(printed());
      return january;
    });
    // The processes really ran in different zones.
    expect(offsets).toEqual([0, 180, -780]);
  });
});
