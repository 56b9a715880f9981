import { rowsOf, type BenchPostgres } from './postgres.js';
import { machineCpuSeconds, usageOf } from './processes.js';

/** What some work has cost. */
export interface Cost {
  readonly seconds: number;
  readonly nodeCpuSeconds: number;
  readonly databaseCpuSeconds: number;
  /** Of what takes part without being measured, like a gateway. */
  readonly apartCpuSeconds: number;
  /** Bytes of write-ahead log; NaN when no store of the work can tell. */
  readonly walBytes: number;
  readonly peakMiB: number;
  /** Busy cores of the machine that belong to nobody in the measurement. */
  readonly otherCores: number;
}

export interface Meter {
  /** Since the meter was started. */
  read(): Promise<Cost>;
}

/** Where a contender keeps its work. */
export interface MeteredStore {
  /** Of its main process. */
  readonly pid: number;
  /** Ends what earlier work has left to do, so that the measured work does not pay for it. */
  settle(): Promise<void>;
  /** Bytes of write-ahead log so far; NaN when it cannot tell. */
  loggedBytes(): Promise<number>;
}

interface Parts {
  readonly stores: readonly MeteredStore[];
  readonly pids: readonly number[];
  readonly apart?: readonly number[];
}

/** Measures the processes `pids` (the program, and whoever else is counted with it) and the database from now on. */
export function startMeter(postgres: BenchPostgres, url: string, pids: readonly number[]): Promise<Meter> {
  return startMeterOf({ stores: [postgresStore(postgres, url)], pids });
}

export function postgresStore(postgres: BenchPostgres, url: string): MeteredStore {
  return {
    get pid() {
      return postgres.pid;
    },
    settle: async () => {
      await rowsOf(url, 'CHECKPOINT');
    },
    loggedBytes: async () => {
      const [row] = await rowsOf<{ wal: number }>(url, `SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS wal`);
      return row?.wal ?? Number.NaN;
    },
  };
}

/** Any stores, several of them or none. */
export async function startMeterOf(parts: Parts): Promise<Meter> {
  for (const store of parts.stores) await store.settle();
  const first = await reading(parts);
  return {
    read: async () => {
      const last = await reading(parts);
      const seconds = (last.atMs - first.atMs) / 1_000;
      const nodeCpuSeconds = last.node - first.node;
      const databaseCpuSeconds = last.database - first.database;
      const apartCpuSeconds = last.apart - first.apart;
      const ours = nodeCpuSeconds + databaseCpuSeconds + apartCpuSeconds + (last.own - first.own);
      return {
        seconds,
        nodeCpuSeconds,
        databaseCpuSeconds,
        apartCpuSeconds,
        walBytes: last.wal - first.wal,
        peakMiB: last.peakMiB,
        otherCores: Math.max(0, (last.machine - first.machine - ours) / seconds),
      };
    },
  };
}

async function reading({ stores, pids, apart = [] }: Parts) {
  // The end of the work is when it is read, not when the stores have answered.
  const atMs = performance.now();
  const logged = (await Promise.all(stores.map((store) => store.loggedBytes()))).filter(
    (bytes) => !Number.isNaN(bytes),
  );
  const usages = pids.map(usageOf);
  const cpuOf = (all: readonly number[]): number => all.reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0);
  return {
    atMs,
    wal: logged.length === 0 ? Number.NaN : logged.reduce((sum, bytes) => sum + bytes, 0),
    node: usages.reduce((sum, usage) => sum + usage.cpuSeconds, 0),
    peakMiB: usages.reduce((sum, usage) => sum + usage.peakMiB, 0),
    database: cpuOf(stores.map((store) => store.pid)),
    apart: cpuOf(apart),
    own: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    machine: machineCpuSeconds(),
  };
}
