import { LastStatements } from '../../../src/platform/database/in-transaction.js';
import type { WorkerDatabase } from '../../../src/platform/database/worker-database.js';
import type { Body, ModelServer, ModelSql } from '../model/model-database.js';
import { modelRepositories } from '../model/model-process.js';
import { modelTables, type ModelTables } from '../model/model-rows.js';
import { ModelStore, type ModelTransaction } from '../model/model-store.js';
import { Services, type Side } from './side.js';

/** The model without a network: whatever is asked is done at once. */
export class ModelSide implements Side {
  readonly tables: ModelTables = modelTables();
  readonly store: ModelStore;
  readonly repositories = modelRepositories();
  readonly database: WorkerDatabase;
  readonly services: Services;
  nowUs = 0;

  constructor() {
    const nowUs = (): number => this.nowUs;
    this.store = new ModelStore(Object.values(this.tables), nowUs);
    const server = { store: this.store, tables: this.tables, nowUs } as unknown as ModelServer;
    this.database = new DirectDatabase(this.store, server) as unknown as WorkerDatabase;
    this.services = new Services(this.database, this.repositories);
  }

  names(): Promise<ReadonlyMap<string, string>> {
    const { runs, deliveries } = this.tables;
    const nameOf = (runId: string, contactId: string): string => {
      const run = runs.committedAt(runId);
      return `${run?.scheduleId}/${run?.dueUs}/${contactId}`;
    };
    return Promise.resolve(new Map(deliveries.committed().map((row) => [row.id, nameOf(row.runId, row.contactId)])));
  }

  async dump(): Promise<unknown> {
    const names = await this.names();
    const name = (id: string | null): string | null => (id === null ? null : (names.get(id) ?? id));
    const { tables } = this;
    return {
      schedules: tables.schedules.committed().map(({ id, status, nextRunUs, lastRunUs, runCount, version }) => ({
        id,
        status,
        nextRunUs,
        lastRunUs,
        runCount,
        version,
      })),
      runs: tables.runs
        .committed()
        .map(({ scheduleId, dueUs, status, missedCount, missedUntilUs, cursor, audienceCount }) => ({
          scheduleId,
          dueUs,
          status,
          missedCount,
          missedUntilUs,
          cursor,
          audienceCount,
        })),
      deliveries: tables.deliveries
        .committed()
        .map(({ id, runId: _run, scheduleId: _schedule, channelId: _channel, contactId: _contact, ...row }) => ({
          name: name(id),
          ...row,
        })),
      queue: tables.queue
        .committed()
        .map(
          ({ deliveryId, runId: _run, scheduleId: _schedule, channelId: _channel, contactId: _contact, ...row }) => ({
            name: name(deliveryId),
            ...row,
          }),
        ),
      attempts: tables.attempts.committed().map(({ deliveryId, ...row }) => ({ name: name(deliveryId), ...row })),
      leases: tables.leases.committed().map(({ token, untilUs, deliveryIds }) => ({
        token,
        untilUs,
        names: deliveryIds.map(name).sort(),
      })),
      lanes: tables.lanes.committed(),
      rates: [...tables.contactRates.cells].map(([key]) => ({
        key,
        tatUs: tables.contactRates.committedAt(key)?.tatUs,
      })),
      events: tables.events
        .committed()
        .map(({ eventKey, deliveryId, isApplied }) => ({ eventKey, name: name(deliveryId), isApplied })),
    };
  }
}

class DirectDatabase {
  constructor(
    private readonly store: ModelStore,
    private readonly server: ModelServer,
  ) {}

  run<T>(body: Body<T>): Promise<T> {
    return this.transaction((tx) => tx.run(body));
  }

  async transaction<T>(work: (tx: ModelSql) => Promise<T | LastStatements<T>>): Promise<T> {
    const tx = this.store.begin();
    try {
      const outcome = await work(sessionOf(tx, this.server));
      const result = outcome instanceof LastStatements ? await outcome.results : outcome;
      tx.commit(true);
      return result;
    } catch (error) {
      tx.abort(error as Error);
      throw error;
    }
  }
}

function sessionOf(tx: ModelTransaction, server: ModelServer): ModelSql {
  // Statements of one connection are executed one after the other, also when nobody waits in between.
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (body) => {
      const next = last.then(() => tx.statement((statement) => body(statement, server)));
      last = next.catch(() => undefined);
      return next;
    },
    query: () => Promise.reject(new Error('the model has no SQL')),
    execute: () => Promise.resolve(0),
  };
}
