import { rowsOf, type BenchPostgres } from './postgres.js';
import { machineCpuSeconds, usageOf } from './processes.js';

/** What some work has cost. */
export interface Cost {
  readonly seconds: number;
  readonly nodeCpuSeconds: number;
  readonly databaseCpuSeconds: number;
  /** Bytes of write-ahead log. */
  readonly walBytes: number;
  readonly peakMiB: number;
  /** Busy cores of the machine that belong to nobody in the measurement. */
  readonly otherCores: number;
}

export interface Meter {
  /** Since the meter was started. */
  read(): Promise<Cost>;
}

/** Measures the processes `pids` (the program, and whoever else is counted with it) and the database from now on. */
export async function startMeter(postgres: BenchPostgres, url: string, pids: readonly number[]): Promise<Meter> {
  await rowsOf(url, 'CHECKPOINT');
  const first = await reading(postgres, url, pids);
  return {
    read: async () => {
      const last = await reading(postgres, url, pids);
      const seconds = (last.atMs - first.atMs) / 1_000;
      const nodeCpuSeconds = last.node - first.node;
      const databaseCpuSeconds = last.database - first.database;
      const ours = nodeCpuSeconds + databaseCpuSeconds + (last.own - first.own);
      return {
        seconds,
        nodeCpuSeconds,
        databaseCpuSeconds,
        walBytes: last.wal - first.wal,
        peakMiB: last.peakMiB,
        otherCores: Math.max(0, (last.machine - first.machine - ours) / seconds),
      };
    },
  };
}

async function reading(postgres: BenchPostgres, url: string, pids: readonly number[]) {
  const [{ wal } = { wal: 0 }] = await rowsOf<{ wal: number }>(
    url,
    `SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS wal`,
  );
  const usages = pids.map(usageOf);
  return {
    atMs: performance.now(),
    wal,
    node: usages.reduce((sum, usage) => sum + usage.cpuSeconds, 0),
    peakMiB: usages.reduce((sum, usage) => sum + usage.peakMiB, 0),
    database: usageOf(postgres.pid).cpuSeconds,
    own: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    machine: machineCpuSeconds(),
  };
}
