import { LastStatements } from '../../../src/platform/database/in-transaction.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import type { ModelStatement } from './model-statement.js';
import type { ModelStore, ModelTransaction } from './model-store.js';
import type { Writes } from './model-table.js';
import type { ModelTables } from './model-rows.js';
import { insideTransaction } from './transaction-context.js';
import type { Owner, VirtualTime } from './virtual-time.js';

/** What may go wrong between a process and the database; probabilities for each statement. */
export interface NetworkFaults {
  /** The connection breaks before the statement arrives. */
  readonly cutBefore: number;
  /** The statement is executed and its reply is lost with the connection. */
  readonly loseReply: number;
  /** A broken connection is noticed late by the database, which keeps its transaction open until then. */
  readonly halfOpen: number;
  /** The statement takes a long while on its way. */
  readonly slow: number;
}

export const NO_FAULTS: NetworkFaults = { cutBefore: 0, loseReply: 0, halfOpen: 0, slow: 0 };

/** The database as everybody reaches it. */
export interface ModelServer {
  readonly time: VirtualTime;
  readonly store: ModelStore;
  readonly tables: ModelTables;
  /** The database's clock. */
  readonly nowUs: () => number;
  /** False while it restarts. */
  readonly isUp: boolean;
  faults: NetworkFaults;
  /** How long a transaction was open, for whoever watches. */
  onTransaction?: (us: number) => void;
}

/** As platform/database/connection-limits.ts. */
const IDLE_IN_TRANSACTION_US = 15_000_000;

const POOL_SIZE = 8;

const CONNECTION_LOST = 'Connection terminated unexpectedly';

/** A statement of the model. */
export type Body<T> = (statement: ModelStatement, server: ModelServer) => T | Promise<T>;

/** Something that runs statements of the model: the pool or a transaction. The program knows it as {@link Sql}. */
export interface ModelSql extends Sql {
  run<T>(body: Body<T>): Promise<T>;
}

/** Runs a statement of the model on what a model repository was handed. */
export function run<T>(sql: Sql, body: Body<T>): Promise<T> {
  return (sql as ModelSql).run(body);
}

/** One connection: statements arrive in their order and are executed one after the other. */
class ModelConnection {
  isBroken = false;
  private isInTransaction = false;
  private tx: ModelTransaction | null = null;
  private saved: Writes | undefined;
  private arrivesUs = 0;
  private executed: Promise<unknown> = Promise.resolve();
  private idleTimer: () => void = () => undefined;
  private readonly unanswered = new Set<(error: Error) => void>();

  constructor(
    private readonly server: ModelServer,
    private readonly owner: Owner,
  ) {}

  /** In the transaction that is open, or as one of its own. */
  statement<T>(body: Body<T>): Promise<T> {
    return this.request('statement', async () => {
      const own = !this.isInTransaction;
      if (!own) this.tx ??= this.server.store.begin();
      const tx = this.tx ?? this.server.store.begin();
      try {
        const result = await tx.statement((statement) => body(statement, this.server));
        if (own) tx.commit(true);
        return result;
      } catch (error) {
        if (own) tx.abort(error as Error);
        throw error;
      }
    });
  }

  /** BEGIN travels with the first statement. */
  begin(): void {
    this.isInTransaction = true;
  }

  commit(durable: boolean): Promise<void> {
    return this.request('commit', () => {
      const tx = this.tx;
      this.tx = null;
      this.isInTransaction = false;
      tx?.commit(durable);
      return Promise.resolve();
    });
  }

  /** Never fails: a connection that cannot roll back is thrown away. */
  async rollback(): Promise<void> {
    if (this.isBroken) return;
    await this.request('rollback', () => {
      this.tx?.abort(new Error('rolled back'));
      this.tx = null;
      this.isInTransaction = false;
      return Promise.resolve();
    }).catch(() => this.break(false));
  }

  async savepoint(command: string): Promise<number> {
    return this.request('statement', () => {
      const tx = this.tx as ModelTransaction;
      if (command.startsWith('SAVEPOINT')) this.saved = tx.savepoint();
      if (command.startsWith('ROLLBACK TO') && this.saved) tx.rollbackTo(this.saved);
      return Promise.resolve(0);
    });
  }

  /** The connection is gone for the client at once, and for the database at once or when it notices. */
  break(late: boolean): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.idleTimer();
    const { tx } = this;
    this.tx = null;
    if (tx) {
      const abort = (): void => tx.abort(new Error(CONNECTION_LOST));
      if (late) this.server.time.after(IDLE_IN_TRANSACTION_US, null, abort);
      else abort();
    }
    for (const fail of [...this.unanswered]) fail(new Error(CONNECTION_LOST));
  }

  private request<T>(kind: string, execute: () => Promise<T>): Promise<T> {
    const { time, faults } = this.server;
    const { random } = time;
    return new Promise<T>((resolve, reject) => {
      let isAnswered = false;
      const answer = (settle: () => void): void => {
        if (isAnswered) return;
        isAnswered = true;
        this.unanswered.delete(fail);
        time.after(latencyUs(random.uniform()), this.owner, settle);
      };
      const fail = (error: Error): void => answer(() => reject(error));
      this.unanswered.add(fail);
      if (this.isBroken || !this.server.isUp) {
        this.break(false);
        return fail(new Error(CONNECTION_LOST));
      }
      const cut = random.uniform() < faults.cutBefore;
      const mute = random.uniform() < faults.loseReply;
      const late = random.uniform() < faults.halfOpen;
      const slowUs = random.uniform() < faults.slow ? random.uniform() * 3_000_000 : 0;
      this.arrivesUs = Math.max(this.arrivesUs + 1, time.nowUs + latencyUs(random.uniform()) + slowUs);
      time.after(this.arrivesUs - time.nowUs, null, () => {
        if (cut) return this.break(late);
        const before = this.executed;
        this.executed = (async () => {
          await before;
          // What was on its way when the connection broke is lost, unless the database had begun with it.
          if (this.isBroken || !this.server.isUp) return fail(new Error(CONNECTION_LOST));
          this.idleTimer();
          try {
            const result = await execute();
            if (mute) return this.break(late);
            answer(() => resolve(result));
          } catch (error) {
            if (mute && kind === 'commit') return this.break(late);
            fail(error as Error);
          }
          this.watchIdle();
        })();
      });
    });
  }

  private watchIdle(): void {
    if (!this.tx) return;
    this.idleTimer = this.server.time.after(IDLE_IN_TRANSACTION_US, null, () => this.break(false));
  }
}

/** The connections of one process; the program knows it as WorkerDatabase and as Database. */
export class ModelDatabase implements ModelSql {
  private readonly idle: ModelConnection[] = [];
  private readonly all = new Set<ModelConnection>();
  private readonly waiting: ((connection: ModelConnection) => void)[] = [];

  constructor(
    private readonly server: ModelServer,
    private readonly owner: Owner,
  ) {}

  async run<T>(body: Body<T>): Promise<T> {
    const connection = await this.acquire();
    try {
      return await connection.statement(body);
    } finally {
      this.release(connection);
    }
  }

  /** As WorkerDatabase.transaction. */
  async transaction<T>(
    work: (tx: Sql) => Promise<T | LastStatements<T>>,
    { durable = true }: { readonly durable?: boolean } = {},
  ): Promise<T> {
    const connection = await this.acquire();
    const own = { isOpen: true };
    const beganUs = this.server.time.nowUs;
    try {
      connection.begin();
      const outcome = await insideTransaction(own, () => work(sessionOf(connection)));
      if (!(outcome instanceof LastStatements)) {
        await connection.commit(durable);
        return outcome;
      }
      const [result] = await Promise.all([outcome.results, connection.commit(durable)]);
      return result;
    } catch (error) {
      await connection.rollback();
      throw error;
    } finally {
      own.isOpen = false;
      this.server.onTransaction?.(this.server.time.nowUs - beganUs);
      this.release(connection);
    }
  }

  /** Every connection breaks, as when the process ends or the network does. */
  breakAll(): void {
    for (const connection of [...this.all]) connection.break(false);
  }

  /** One of those in use. */
  breakOne(late: boolean): void {
    const [connection] = [...this.all].filter((candidate) => !this.idle.includes(candidate));
    connection?.break(late);
  }

  query(): never {
    throw new Error('the model has no SQL');
  }

  execute(): never {
    throw new Error('the model has no SQL');
  }

  private acquire(): Promise<ModelConnection> {
    for (let known = this.idle.pop(); known; known = this.idle.pop()) {
      if (!known.isBroken) return Promise.resolve(known);
      this.all.delete(known);
    }
    if (this.all.size < POOL_SIZE) {
      const connection = new ModelConnection(this.server, this.owner);
      this.all.add(connection);
      return Promise.resolve(connection);
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private release(connection: ModelConnection): void {
    let next = connection;
    if (connection.isBroken) {
      this.all.delete(connection);
      if (this.waiting.length === 0) return;
      next = new ModelConnection(this.server, this.owner);
      this.all.add(next);
    }
    const waiter = this.waiting.shift();
    if (waiter) waiter(next);
    else this.idle.push(next);
  }
}

function sessionOf(connection: ModelConnection): ModelSql {
  return {
    run: (body) => connection.statement(body),
    query: () => {
      throw new Error('the model has no SQL');
    },
    // The only statements that a service sends as text.
    execute: (command) => connection.savepoint(command as string),
  };
}

/** A statement or a reply needs a fraction of a millisecond, and now and then much more. */
function latencyUs(draw: number): number {
  return draw < 0.97 ? 100 + draw * 700 : 1_000 + (draw - 0.97) * 1_000_000;
}
