import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  EmbeddedPostgresError,
  startEmbeddedPostgres,
} from '../../src/platform/database/embedded/embedded-postgres.js';
import {
  ask,
  embeddedBundle,
  endProcess,
  isAccepting,
  SMALL,
  type EmbeddedBundle,
} from '../support/embedded-bundle.js';
import { eventually } from '../support/eventually.js';

jest.setTimeout(120_000);

const isRoot = process.getuid?.() === 0;

/** What a test wants to find again. */
async function remember(url: string): Promise<void> {
  await ask(url, 'drop table if exists kept');
  await ask(url, 'create table kept as select 42 as answer');
}

async function recall(url: string): Promise<unknown> {
  return (await ask<{ answer: number }>(url, 'select answer from kept'))[0]?.answer;
}

describe('embedded PostgreSQL in a new directory', () => {
  let bundle: EmbeddedBundle;
  beforeEach(async () => {
    bundle = await embeddedBundle();
  });
  afterEach(() => bundle.remove());

  it('makes and starts a PostgreSQL 18 with the promised settings in an empty directory', async () => {
    const server = await bundle.start();
    const [facts] = await ask<Record<string, string>>(
      server.url,
      `select current_database() as database, current_setting('server_version_num')::int / 10000 as version,
              current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
              current_setting('jit') as jit, current_setting('max_connections') as max_connections,
              current_setting('listen_addresses') as listen_addresses, current_setting('unix_socket_directories') as sockets,
              current_setting('shared_buffers') as shared_buffers, current_setting('TimeZone') as zone, getdatabaseencoding() as encoding`,
    );
    expect(server.reused).toBe(false);
    expect(facts).toEqual({
      database: 'pontual',
      version: 18,
      fsync: 'on',
      synchronous_commit: 'on',
      jit: 'off',
      max_connections: '200',
      listen_addresses: '127.0.0.1',
      sockets: '',
      shared_buffers: '32MB',
      zone: 'UTC',
      encoding: 'UTF8',
    });
  });

  it('gives one server to processes that start at the same time on a new directory', async () => {
    const holders = await Promise.all([bundle.hold(), bundle.hold(), bundle.hold()]);
    expect(new Set(holders.map((holder) => holder.pid)).size).toBe(1);
    expect(new Set(holders.map((holder) => holder.url)).size).toBe(1);
    expect(holders.filter((holder) => !holder.reused)).toHaveLength(1);
  });

  it('leaves nothing behind of a first start that was killed half-way', async () => {
    const half = join(bundle.dataDir, 'postgres.init-0badcafe');
    await mkdir(half);
    await writeFile(join(half, 'PG_VERSION'), '18\n');
    await bundle.start();
    expect((await readdir(bundle.dataDir)).filter((name) => name.includes('.init-'))).toEqual([]);
  });

  it('says in words that a setting is wrong', async () => {
    const refusal = startEmbeddedPostgres({ dataDir: bundle.dataDir, settings: { shared_buffers: 'many' } });
    await expect(refusal).rejects.toThrow(/invalid value for parameter "shared_buffers"/);
  });
});

describe('embedded PostgreSQL in a directory that holds one', () => {
  let bundle: EmbeddedBundle;
  beforeAll(async () => {
    bundle = await embeddedBundle();
    await bundle.start();
  });
  beforeEach(() => bundle.quiet());
  afterAll(() => bundle.remove());

  it('sorts by code point, and knows upper case beyond ASCII', async () => {
    const { url } = await bundle.start();
    const rows = await ask<{ word: string }>(
      url,
      `select word from unnest(array['é', 'b', 'B', 'z', 'a']) as t(word) order by word`,
    );
    expect(rows.map((row) => row.word)).toEqual(['B', 'a', 'b', 'z', 'é']);
    expect(await ask(url, `select upper('ção') as text`)).toEqual([{ text: 'ÇÃO' }]);
  });

  it('lets nobody in without the password, which only the owner can read', async () => {
    const { url } = await bundle.start();
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(ask(wrong.toString(), 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(bundle.dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
  });

  it('keeps the data over a stop and a start, and stops for real', async () => {
    const first = await bundle.start();
    await remember(first.url);
    await first.stop();
    expect(await isAccepting(first.url)).toBe(false);

    const second = await bundle.start();
    expect(second.reused).toBe(false);
    expect(await recall(second.url)).toBe(42);
  });

  it('finds the server that a killed process left, and stops it in the end', async () => {
    const holder = await bundle.hold();
    await endProcess(holder.process, 'SIGKILL');
    expect(await isAccepting(holder.url)).toBe(true);

    const server = await bundle.start();
    expect(server).toMatchObject({ reused: true, pid: holder.pid, url: holder.url });
    await server.stop();
    expect(await isAccepting(server.url)).toBe(false);
  });

  it('starts again with all committed data after everything was killed', async () => {
    const holder = await bundle.hold();
    await remember(holder.url);
    await endProcess(holder.process, 'SIGKILL');
    process.kill(holder.pid, 'SIGKILL');

    const server = await bundle.start();
    expect(server.reused).toBe(false);
    expect(await recall(server.url)).toBe(42);
  });

  it('restarts a server that dies while it is in use, at the same address and with all committed data', async () => {
    const server = await bundle.start();
    await remember(server.url);
    const before = server.pid;
    process.kill(before, 'SIGKILL');

    await eventually(async () => server.pid !== before && (await isAccepting(server.url)));
    expect(await recall(server.url)).toBe(42);
  });

  it('starts although the process number of a killed server belongs to another program now', async () => {
    const holder = await bundle.hold();
    await endProcess(holder.process, 'SIGKILL');
    process.kill(holder.pid, 'SIGKILL');
    await eventually(async () => !(await isAccepting(holder.url)));
    const dataDirectory = join(bundle.dataDir, 'postgres');
    const pidFile = join(dataDirectory, 'postmaster.pid');
    const [, ...rest] = (await readFile(pidFile, 'utf8')).split('\n');
    // Of the same user: PostgreSQL itself ignores processes of others.
    const { uid, gid } = await stat(dataDirectory);
    const stranger = spawn('sleep', ['60'], { cwd: '/', ...(isRoot ? { uid, gid } : {}) });
    await writeFile(pidFile, [String(stranger.pid), ...rest].join('\n'));

    const server = await bundle.start();
    await endProcess(stranger, 'SIGKILL');
    expect(server.reused).toBe(false);
    expect(await isAccepting(server.url)).toBe(true);
  });

  it('stops with the last process that uses it, not before', async () => {
    const [first, second] = await Promise.all([bundle.hold(), bundle.hold()]);
    await endProcess(first.process, 'SIGTERM');
    expect(await isAccepting(second.url)).toBe(true);
    await endProcess(second.process, 'SIGTERM');
    expect(await isAccepting(second.url)).toBe(false);
  });

  it('stops when all processes end at once', async () => {
    const holders = await Promise.all([bundle.hold(), bundle.hold(), bundle.hold()]);
    await Promise.all(holders.map((holder) => endProcess(holder.process, 'SIGTERM')));
    expect(await isAccepting(holders[0].url)).toBe(false);
    expect(existsSync(join(bundle.dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('stays up for a connection of this program that comes from elsewhere', async () => {
    const server = await bundle.start();
    const replica = new Client({ connectionString: server.url, application_name: 'pontual-api' });
    await replica.connect();
    await server.stop();
    expect((await replica.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await replica.end();
  });

  it('puts the log of a long life aside when it starts', async () => {
    const first = await bundle.start();
    await first.stop();
    const log = join(bundle.dataDir, 'postgres.log');
    await truncate(log, 11 * 1024 * 1024);
    await bundle.start();
    expect((await stat(log)).size).toBeLessThan(100_000);
    expect((await stat(`${log}.1`)).size).toBe(11 * 1024 * 1024);
  });

  it('keeps statements and values out of the log', async () => {
    const { url } = await bundle.start();
    await ask(url, 'create table people (phone text primary key)');
    await ask(url, `insert into people values ('+5565999990000')`);
    await expect(ask(url, `insert into people values ('+5565999990000')`)).rejects.toMatchObject({ code: '23505' });
    const log = await readFile(join(bundle.dataDir, 'postgres.log'), 'utf8');
    expect(log).toContain('duplicate key value');
    expect(log).not.toContain('5565999990000');
  });

  it('says in words that a database of another PostgreSQL version is not opened', async () => {
    const server = await bundle.start();
    await server.stop();
    const versionFile = join(bundle.dataDir, 'postgres', 'PG_VERSION');
    await writeFile(versionFile, '17\n');
    const refusal = startEmbeddedPostgres({ dataDir: bundle.dataDir });
    await expect(refusal).rejects.toThrow(EmbeddedPostgresError);
    await expect(refusal).rejects.toThrow('is of PostgreSQL 17');
    await writeFile(versionFile, '18\n');
  });
});

// Skipped for other users: only root has to give the server to somebody else, and only root can.
(isRoot ? describe : describe.skip)('embedded PostgreSQL started by root', () => {
  it('runs as another user, and below a folder that user cannot enter it keeps the database where he can', async () => {
    const closed = await mkdtemp(join(tmpdir(), 'pontual-closed-'));
    const dataDir = join(closed, 'data');
    const first = await startEmbeddedPostgres({ dataDir, settings: SMALL });
    await remember(first.url);
    await first.stop();
    const location = (await readFile(join(dataDir, 'postgres-location'), 'utf8')).trim();
    const second = await startEmbeddedPostgres({ dataDir, settings: SMALL });
    const rows = await ask(second.url, 'select answer from kept');
    await second.stop();

    expect(rows).toEqual([{ answer: 42 }]);
    expect(location).not.toContain(closed);
    expect((await stat(location)).uid).not.toBe(0);
    expect((await stat(closed)).mode & 0o777).toBe(0o700);

    await rm(location, { recursive: true });
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/that folder is gone/);
    await rm(join(location, '..'), { recursive: true });
    await rm(closed, { recursive: true });
  });
});
