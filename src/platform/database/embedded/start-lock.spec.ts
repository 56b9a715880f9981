import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withStartLock } from './start-lock.js';

describe('start lock', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pontual-lock-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      // Gives the others every chance to come in.
      for (let turn = 0; turn < 20; turn += 1) await readdir(folder);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 12 }, () => withStartLock(folder, work)));
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual(['postgres.lock.12']);
  });

  it('is free again after work that failed', async () => {
    await expect(withStartLock(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withStartLock(folder, () => Promise.resolve('yes'))).resolves.toBe('yes');
  });

  it('does not wait for a holder that was killed', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(join(folder, 'postgres.lock.7'), `held ${pid} 3`.padEnd(47) + '\n');
    await withStartLock(folder, async () => {
      expect(await readdir(folder)).toEqual(['postgres.lock.8']);
    });
    expect((await readFile(join(folder, 'postgres.lock.8'), 'utf8')).trim()).toBe('free');
  });

  it('takes no file for a lock that is none', async () => {
    await writeFile(join(folder, 'postgres.lock.bak'), 'held 1 1\n');
    await expect(withStartLock(folder, () => Promise.resolve('yes'))).resolves.toBe('yes');
  });
});
