import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createTestDatabase } from '../support/test-database.js';

const ROOT = join(__dirname, '..', '..');

describe('npm run bench', () => {
  // Of those with peers, which need what not everybody has installed, only the program's own part.
  it.each([
    ['dispatch-instant', '--only=pontual'],
    ['dispatch-real', '--only=pontual'],
    ['lateness', '--only=pontual idle'],
    ['cancel'],
    ['planning'],
    ['core'],
    ['materialise'],
    ['lanes'],
  ])(
    'starts and ends %s on small numbers',
    async (name, ...options) => {
      const database = await createTestDatabase();
      const child = spawn(
        process.execPath,
        [
          '--require',
          join(ROOT, 'test', 'support', 'typescript-register.cjs'),
          join(ROOT, 'bench', 'main.ts'),
          name,
          '--small',
          ...options,
        ],
        { cwd: ROOT, env: { ...process.env, DATABASE_URL: database.url }, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const chunks: string[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
      const [code] = (await once(child, 'exit')) as [number];
      await database.drop();
      expect({ code, output: chunks.join('') }).toEqual({
        code: 0,
        output: expect.stringContaining(`${name}: `) as string,
      });
    },
    90_000,
  );
});
