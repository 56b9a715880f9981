import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startTestApp, type TestApp } from '../support/app.js';

const ROOT = join(__dirname, '..', '..');

describe('npm run demo', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });

  afterAll(() => app.close());

  it('imports the example list, sends to all of it and tells what became of it', async () => {
    const child = spawn(
      process.execPath,
      ['--require', join(ROOT, 'test', 'support', 'typescript-register.cjs'), join(ROOT, 'demo', 'main.ts')],
      {
        cwd: ROOT,
        env: { ...process.env, PONTUAL_URL: app.url, PONTUAL_KEY: app.adminKey },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const chunks: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    const output = chunks.join('');
    // What it said is what a failing run has to show.
    if (code !== 0) throw new Error(`the demo ended with code ${code}:\n${output}`);
    expect(output).toContain('194 created, 0 updated, 0 unchanged, 2 double, 4 rejected');
    expect(output).toMatch(/total\s+194/);
    expect(output).toMatch(/194\/194 .*done/);
    expect(output).toMatch(/Lateness, .* p50 \d+ ms, p99 \d+ ms/);
    const texts = output.split('What five of them got:')[1]?.trim().split('\n') ?? [];
    expect(texts).toHaveLength(5);
    expect(texts.join(' ')).not.toMatch(/[{}]|null|undefined/);
  }, 120_000);
});
