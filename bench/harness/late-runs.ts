import { setTimeout as wait } from 'node:timers/promises';
import { createWebhookChannel, importAudience, phoneOf, type ApiClient } from '../../test/support/api-client.js';
import { MESSAGE } from '../dispatch-instant.js';
import { jobOf } from '../peers/peer.js';
import { startWallClock } from '../peers/wall-clock.js';
import { openPeer, type Contender } from './contenders.js';
import type { BenchGateway } from './gateway.js';
import { postgresStore, startMeterOf, type Cost, type MeteredStore } from './meter.js';
import { startPontual } from './pontual.js';
import { rowsOf, type BenchPostgres } from './postgres.js';
import type { Figures } from './rounds.js';

/** How deliveries come: due at instants that were known before, or wanted at once. */
export interface Pace {
  readonly name: string;
  readonly when: 'due' | 'now';
  readonly count: number;
  readonly spacingMs: number;
}

/** When each recipient's delivery was due, and what the server cost meanwhile. */
export interface LateRun {
  readonly dueMs: ReadonlyMap<string, number>;
  readonly cpu: Figures;
}

/** From before the first is put in until it is due: what all of them take to be put in, and some rest. */
const REST_MS = 3_000;
const PUT_IN_MS = 12;
const WRITERS = 8;

export async function latePontual(
  postgres: BenchPostgres,
  gateway: BenchGateway,
  pace: Pace,
  small: boolean,
): Promise<LateRun> {
  const url = await postgres.freshDatabase();
  const { api, server } = await startPontual(url, {}, small);
  try {
    const channelId = await createWebhookChannel(api, { url: gateway.url });
    const parts = { stores: [postgresStore(postgres, url)], pids: [server.pid], gateway };
    if (pace.when === 'now') return await metered(parts, pace, () => sendEach(api, channelId, pace));
    await importAudience(api, 'all', pace.count);
    const startMs = startOf(pace);
    await scheduleEach(api, { url, channelId, pace, startMs });
    return await dueRun(parts, pace, startMs);
  } finally {
    await server.stop();
    await postgres.dropDatabase(url);
  }
}

export async function latePeer(
  postgres: BenchPostgres,
  gateway: BenchGateway,
  pace: Pace,
  contender: Contender,
): Promise<LateRun> {
  const peer = await openPeer(contender, 'late', postgres, gateway.url);
  const { child, stores } = peer;
  try {
    await child.ask('start');
    const parts = { stores, pids: [child.pid], gateway };
    const { count, spacingMs } = pace;
    if (pace.when === 'now') {
      return await metered(parts, pace, async () => {
        const givenMs = await child.ask<number[]>('send', { count, spacingMs });
        return new Map(givenMs.map((atMs, id) => [jobOf(id).to, atMs]));
      });
    }
    const startMs = startOf(pace);
    await child.ask('enqueue', { count, due: { startMs, spacingMs } });
    return await dueRun(parts, pace, startMs);
  } finally {
    await peer.close();
  }
}

interface Parts {
  readonly stores: readonly MeteredStore[];
  readonly pids: readonly number[];
  readonly gateway: BenchGateway;
}

function startOf({ count }: Pace): number {
  return Date.now() + REST_MS + count * PUT_IN_MS;
}

/** Everything has been put in; waits until all are there. */
async function dueRun(parts: Parts, pace: Pace, startMs: number): Promise<LateRun> {
  const restMs = startMs - Date.now();
  if (restMs < REST_MS / 2) throw new Error('the deliveries were put in too slowly to measure the first of them');
  await wait(restMs - REST_MS / 2);
  return metered(parts, pace, () =>
    Promise.resolve(
      new Map(Array.from({ length: pace.count }, (_, id) => [jobOf(id).to, startMs + id * pace.spacingMs])),
    ),
  );
}

async function metered(
  { stores, pids, gateway }: Parts,
  { count }: Pace,
  work: () => Promise<ReadonlyMap<string, number>>,
): Promise<LateRun> {
  const meter = await startMeterOf({ stores, pids, apart: [gateway.pid] });
  const dueMs = await work();
  await gateway.reached(count);
  return { dueMs, cpu: cpuFigures(await meter.read()) };
}

function cpuFigures(cost: Cost): Figures {
  return {
    'node CPU ms/s': (cost.nodeCpuSeconds * 1_000) / cost.seconds,
    'database CPU ms/s': (cost.databaseCpuSeconds * 1_000) / cost.seconds,
    'other cores': cost.otherCores,
  };
}

/** A schedule each, with its own instant. */
async function scheduleEach(
  api: ApiClient,
  { url, channelId, pace, startMs }: { url: string; channelId: string; pace: Pace; startMs: number },
): Promise<void> {
  const contacts = await rowsOf<{ id: string; phone: string }>(url, 'SELECT id, phone FROM contacts');
  const idOf = new Map(contacts.map(({ id, phone }) => [phone, id]));
  let next = 0;
  const write = async (): Promise<void> => {
    for (let index = next++; index < pace.count; index = next++) {
      const input = {
        name: `Aviso ${index}`,
        message: MESSAGE,
        channelId,
        type: 'FUTURE',
        targetContactIds: [idOf.get(phoneOf(index))],
        scheduledAt: new Date(startMs + index * pace.spacingMs).toISOString(),
      };
      await api.data('mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id } }', { input });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
}

/** One each so often, whether the one before has been answered or not. */
async function sendEach(api: ApiClient, channelId: string, pace: Pace): Promise<ReadonlyMap<string, number>> {
  const nowMs = startWallClock();
  const startMs = performance.now();
  const dueMs = new Map<string, number>();
  const answers: Promise<unknown>[] = [];
  for (let index = 0; index < pace.count; index += 1) {
    await wait(Math.max(0, startMs + index * pace.spacingMs - performance.now()));
    const to = phoneOf(index);
    dueMs.set(to, nowMs());
    const input = { channelId, to: [to], content: MESSAGE.content };
    answers.push(
      api.data('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } } }', { input }),
    );
  }
  await Promise.all(answers);
  return dueMs;
}
