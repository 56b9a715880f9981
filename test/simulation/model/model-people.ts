import { nextRunFrom } from '../../../src/core/scheduling/schedule-lifecycle.js';
import { RunCanceller } from '../../../src/modules/schedules/application/run-canceller.js';
import { ScheduleAnnouncements } from '../../../src/modules/schedules/application/schedule-announcements.js';
import { ScheduleParking } from '../../../src/modules/schedules/application/schedule-parking.js';
import type { Clock } from '../../../src/platform/clock/clock.js';
import { ModelBus } from './model-bus.js';
import { ModelDatabase, run } from './model-database.js';
import type { ModelSurroundings } from './model-process.js';
import { TENANT, type ModelChannel, type ModelDelivery, type ModelQueueRow, type ModelSchedule } from './model-rows.js';
import { runFactsOf } from './model-facts-of.js';
import type { ModelStatement } from './model-statement.js';
import type { Owner } from './virtual-time.js';
import { endDelivery, isUnfinished, wakeLane } from './model-words.js';

const RETRIED_FROM: readonly string[] = ['failed', 'expired', 'cancelled'];

/** What people ask for through the API, over connections that break like all others: they try until it is done. */
export class ModelPeople implements Owner {
  readonly life = 'running';
  readonly backlog: (() => void)[] = [];
  /** Deliveries that somebody asked to send again, by how often. */
  readonly resent = new Map<string, number>();
  /** Deliveries that somebody knows about. */
  readonly marked = new Set<string>();
  readonly database: ModelDatabase;
  private readonly parking: ScheduleParking;
  private readonly canceller: RunCanceller;
  private readonly news: ScheduleAnnouncements;
  private readonly bus: ModelBus;

  constructor(private readonly around: ModelSurroundings) {
    this.database = new ModelDatabase(around.server, this);
    this.bus = new ModelBus(around.hub, this);
    this.news = new ScheduleAnnouncements(this.bus, { nowMs: () => 0 } as unknown as Clock);
    this.parking = new ScheduleParking(around.repositories.parking);
    this.canceller = new RunCanceller(around.repositories.cancelling, this.news);
  }

  async pause(id: string): Promise<void> {
    const mayPause = ({ status }: ModelSchedule): boolean => status === 'PENDING' || status === 'PROCESSING';
    await this.change(id, mayPause, (row) => ({ ...row, status: 'PAUSED', nextRunUs: null }));
    await this.untilDone(() => this.parking.park(this.database, { tenantId: TENANT, scheduleId: id }, () => true));
  }

  async resume(id: string): Promise<void> {
    const { server } = this.around;
    await this.untilDone(() =>
      this.database.transaction(async (tx) => {
        const hasRun = await run(tx, (statement, { tables }) =>
          statement.rows(tables.runs).some(([, row]) => row.scheduleId === id && isUnfinished(row)),
        );
        await run(tx, async (statement, { tables, nowUs }) => {
          await statement.update(
            tables.schedules,
            [id],
            // A single instant that has passed is a conflict: somebody would have to give it another.
            (row) => row.status === 'PAUSED' && (hasRun || row.runCount > 0 || nextOf(row, nowUs()) !== null),
            (row): ModelSchedule => {
              const next = nextOf(row, nowUs());
              const status = hasRun ? 'PROCESSING' : next === null ? 'COMPLETED' : 'PENDING';
              return { ...row, status, nextRunUs: next === null ? null : next * 1_000, version: row.version + 1 };
            },
          );
        });
      }),
    );
    await this.untilDone(() => this.parking.unpark(this.database, { tenantId: TENANT, scheduleId: id }, () => true));
    this.news.workAvailable([server.tables.schedules.committedAt(id)?.channelId ?? '']);
    this.news.somethingToFire();
  }

  async cancel(id: string): Promise<void> {
    const mayCancel = ({ status }: ModelSchedule): boolean => status !== 'COMPLETED' && status !== 'FAILED';
    await this.change(id, mayCancel, (row) => ({ ...row, status: 'CANCELLED', nextRunUs: null }));
    await this.untilDone(async () => {
      if (this.around.server.tables.schedules.committedAt(id)?.status !== 'CANCELLED') return;
      const runs = await this.canceller.unfinishedRuns(this.database, TENANT, id);
      for (const unfinished of runs) await this.canceller.sweep(this.database, unfinished, () => true);
    });
  }

  async cancelDelivery(id: string): Promise<void> {
    await this.untilDone(() =>
      run(this.database, async (statement, { tables }) => {
        const isOpen = (row: ModelQueueRow): boolean => row.state === 'pending' || row.state === 'claimed';
        const [gone] = await statement.remove(tables.queue, [id], isOpen);
        if (gone) await endDelivery(statement, tables, gone, { status: 'cancelled' });
      }),
    );
  }

  /** A delivery that has ended is sent once more: schedules, runs and deliveries are locked in this order. */
  async retry(id: string): Promise<void> {
    await this.untilDone(() =>
      this.database.transaction(async (tx) => {
        const seen = await run(tx, (statement, { tables }) => statement.get(tables.deliveries, id));
        if (!seen) return;
        await run(tx, (statement, { tables }) => statement.lock(tables.schedules, [seen.scheduleId], () => true));
        await run(tx, (statement, { tables }) => statement.lock(tables.runs, [seen.runId], () => true));
        const isAgain = await run(tx, (statement) => this.requeue(statement, id));
        if (!isAgain) return;
        await run(tx, async (statement, { tables }) => {
          await statement.update(
            tables.runs,
            [seen.runId],
            (row) => row.status === 'COMPLETED' || row.status === 'COMPLETED_WITH_FAILURES',
            (row) => ({ ...row, status: 'RUNNING' as const }),
          );
        });
        await run(tx, async (statement, { tables }) => {
          await statement.update(
            tables.schedules,
            [seen.scheduleId],
            (row) => row.status === 'PENDING',
            (row): ModelSchedule => ({ ...row, status: 'PROCESSING', version: row.version + 1 }),
          );
        });
        await run(tx, (statement, { tables, nowUs }) => wakeLane(statement, tables, seen.channelId, nowUs()));
      }),
    );
  }

  /** An uncertain delivery that waits for nothing any more went after all. */
  async markSent(id: string): Promise<void> {
    await this.untilDone(() =>
      run(this.database, async (statement, { tables, nowUs }) => {
        const [gone] = await statement.remove(tables.queue, [id], (row) => row.state === 'uncertain');
        const changed = await statement.update(
          tables.deliveries,
          [id],
          (row) => row.status === 'uncertain' && (gone !== undefined || !statement.get(tables.queue, id)),
          (row): ModelDelivery => ({
            ...row,
            status: 'sent',
            sentUs: row.sentUs ?? nowUs(),
            needsAttention: false,
            version: row.version + (gone?.version ?? 0) + 1,
            attempt: gone?.attempt ?? row.attempt,
          }),
        );
        if (changed.length > 0) this.marked.add(id);
      }),
    );
  }

  async optOut(contactId: string): Promise<void> {
    await this.untilDone(() =>
      run(this.database, async (statement, { tables }) => {
        await statement.update(
          tables.contacts,
          [contactId],
          () => true,
          (row) => ({ ...row, optedOut: true }),
        );
      }),
    );
  }

  /** Pauses or activates a channel; an activated one is looked at. */
  async setChannel(id: string, status: ModelChannel['status']): Promise<void> {
    await this.untilDone(() =>
      this.database.transaction(async (tx) => {
        await run(tx, async (statement, { tables }) => {
          await statement.update(
            tables.channels,
            [id],
            (row) => row.status !== status,
            (row) => ({ ...row, status, version: row.version + 1 }),
          );
        });
        await run(tx, (statement, { tables, nowUs }) => wakeLane(statement, tables, id, nowUs()));
      }),
    );
    this.news.workAvailable([id]);
  }

  private async requeue(statement: ModelStatement, id: string): Promise<boolean> {
    const { tables, nowUs } = this.around.server;
    const [found] = await statement.lock(
      tables.deliveries,
      [id],
      (row) => RETRIED_FROM.includes(row.status) && !statement.get(tables.queue, id),
    );
    const schedule = found && statement.get(tables.schedules, found[1].scheduleId);
    if (!found || !schedule || schedule.status === 'CANCELLED') return false;
    const { scheduleId, runId, channelId, contactId, attempt } = found[1];
    await statement.update(
      tables.deliveries,
      [id],
      () => true,
      (row): ModelDelivery => ({
        ...row,
        status: 'pending',
        needsAttention: false,
        failedUs: null,
        errorCode: null,
        version: row.version + 1,
      }),
    );
    const isPaused = schedule.status === 'PAUSED';
    await statement.insert(tables.queue, id, {
      deliveryId: id,
      scheduleId,
      runId,
      channelId,
      contactId,
      state: 'pending',
      waitReason: isPaused ? 'paused' : 'none',
      readyUs: isPaused ? Infinity : nowUs(),
      parkedUs: isPaused ? nowUs() : null,
      expiresUs: schedule.expiresAfterUs === null ? null : nowUs() + schedule.expiresAfterUs,
      token: 0,
      version: 0,
      guarantee: schedule.guarantee,
      priority: schedule.priority,
      express: schedule.express,
      attempt,
      attemptsBefore: attempt,
      cancelRequested: false,
      errorCode: null,
    });
    this.resent.set(id, (this.resent.get(id) ?? 0) + 1);
    return true;
  }

  private async change(
    id: string,
    may: (row: ModelSchedule) => boolean,
    into: (row: ModelSchedule) => ModelSchedule,
  ): Promise<void> {
    await this.untilDone(() =>
      run(this.database, async (statement, { tables }) => {
        await statement.update(tables.schedules, [id], may, (row) => ({ ...into(row), version: row.version + 1 }));
      }),
    );
  }

  /** Whoever gets no answer asks again: nobody knows whether the first wish was fulfilled. */
  private async untilDone(work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await work();
        return;
      } catch {
        await new Promise<void>((resolve) => {
          this.around.server.time.after(300_000, this, resolve);
        });
      }
    }
  }
}

function nextOf(row: ModelSchedule, nowUs: number): number | null {
  return nextRunFrom(runFactsOf(row), Math.max(nowUs, row.lastRunUs ?? 0) / 1_000);
}
