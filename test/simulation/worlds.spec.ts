import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scenarioOf } from './simulate.js';
import { playScenario } from './world.js';

const ROOT = join(__dirname, '..', '..');

/** `npm run simulate` plays more of them. */
const WORLDS = 1_000;
const PATIENCE_MS = 300_000;

describe('simulated worlds', () => {
  // In a process of its own, as a person plays them: inside Jest each takes several times as long.
  it(
    'break no rule, whatever goes wrong in them',
    async () => {
      const args = ['--require', join(ROOT, 'test/support/typescript-register.cjs'), 'test/simulation/main.ts'];
      const { stdout } = await promisify(execFile)(process.execPath, [...args, '--seeds', String(WORLDS)], {
        cwd: ROOT,
      }).catch((failed: { stdout: string; stderr: string }) => failed);
      expect(stdout).toMatch(/no rule was broken\n$/);
      expect(stdout).toMatch(new RegExp(`^${WORLDS} worlds`, 'm'));
      expect(Number(/(\d+) effects/.exec(stdout)?.[1])).toBeGreaterThan(WORLDS);
    },
    PATIENCE_MS,
  );

  // I20: whoever asks a process's clock what is due, leased or allowed decides otherwise in one of them.
  it(
    'are the same whatever the clocks of the processes show',
    async () => {
      for (let seed = 1; seed <= 20; seed += 1) {
        const right = await playScenario({ ...scenarioOf(seed), skewMs: 0 });
        expect(await playScenario({ ...scenarioOf(seed), skewMs: 600_000 })).toEqual(right);
      }
    },
    PATIENCE_MS,
  );

  it('are the same for the same seed', async () => {
    for (const seed of [3, 7, 30]) {
      expect(await playScenario(scenarioOf(seed))).toEqual(await playScenario(scenarioOf(seed)));
    }
  });
});
