import { Injectable } from '@nestjs/common';
import { endOfRun, statusOfActive, type RunOutcomes } from '../../../core/scheduling/schedule-lifecycle.js';
import type { Sql } from '../../../platform/database/sql.js';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import { FinishingRepository, type LockedSchedule, type Settlement } from '../persistence/finishing.repository.js';
import type { RunKey, ScheduleVersion } from '../persistence/run-key.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';

const INTERVAL_MS = 2_000;

/** A run with many deliveries is touched with every batch of them; asking more often finds nothing sooner that matters. */
const SPACING_MS = 50;

/** How soon to look again at runs whose schedule was held by somebody else. */
const RETRY_MS = 100;

const BATCH = 200;

/** What became of runs that looked done. */
export interface FinishReport {
  readonly finished: number;
  /** Runs whose schedule somebody else held. */
  readonly held: number;
}

/** Ends runs of which nothing is left in the queue, and with the last of them their schedules. */
@Injectable()
export class RunFinisher {
  private readonly ticker: Ticker;
  private touched = new Set<string>();

  constructor(
    private readonly database: WorkerDatabase,
    private readonly repository: FinishingRepository,
    private readonly announcements: ScheduleAnnouncements,
    logger: Logger,
  ) {
    const options = { name: 'run-finisher', intervalMs: INTERVAL_MS, spacingMs: SPACING_MS };
    this.ticker = new Ticker(() => this.tick(), options, logger);
  }

  /** Deliveries of these runs left the queue. A process without the loop leaves it to the sweeps of the others. */
  noteTouched(runIds: readonly string[]): void {
    if (!this.ticker.isStarted) return;
    for (const runId of runIds) this.touched.add(runId);
    this.ticker.kick();
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  /** Ends those of the runs that are done. */
  async runOnce(runIds: readonly string[]): Promise<FinishReport> {
    return this.finish(await this.repository.doneAmong(this.database, runIds));
  }

  /** Ends the runs, which looked done; each is looked at again under its lock. */
  async finish(runs: readonly RunKey[]): Promise<FinishReport> {
    let finished = 0;
    let held = 0;
    for (let at = 0; at < runs.length; at += BATCH) {
      const report = await this.finishBatch(runs.slice(at, at + BATCH));
      finished += report.finished;
      held += report.held;
    }
    return { finished, held };
  }

  private async tick(): Promise<number | void> {
    const runIds = [...this.touched];
    this.touched = new Set();
    if (runIds.length === 0) return;
    const { held } = await this.runOnce(runIds);
    if (held === 0) return;
    for (const runId of runIds) this.touched.add(runId);
    return RETRY_MS;
  }

  private async finishBatch(runs: readonly RunKey[]): Promise<FinishReport> {
    // Before any lock: nothing of a done run changes any more, and reading a large one takes a while.
    const outcomes = await this.repository.outcomes(this.database, runs);
    const { report, changed } = await this.database.transaction(async (tx) => {
      const locked = await this.repository.lockSchedules(tx, distinctSchedules(runs));
      const byId = new Map(locked.map((schedule) => [schedule.scheduleId, schedule]));
      // Runs of a cancelled schedule end as CANCELLED, which is the sweeper's work.
      const open = runs.filter((run) => byId.has(run.scheduleId) && byId.get(run.scheduleId)?.status !== 'CANCELLED');
      await this.repository.lockRuns(tx, open);
      const ends = open.map((run) => ({ ...run, state: endOfRun(outcomesOf(outcomes, run)) }));
      const ended = await this.repository.finishRuns(tx, ends);
      const touched = [...new Set(ended.map((run) => run.scheduleId))].map((id) => byId.get(id) as LockedSchedule);
      const settled = await this.settle(tx, touched, ended, outcomes);
      const held = runs.filter((run) => !byId.has(run.scheduleId)).length;
      return { report: { finished: ended.length, held }, changed: versionsAfter(touched, settled) };
    });
    this.announcements.changed(changed);
    return report;
  }

  /** Moves on the schedules whose status depended on the runs; returns how. */
  private async settle(
    tx: Sql,
    schedules: readonly LockedSchedule[],
    ended: readonly RunKey[],
    outcomes: ReadonlyMap<string, RunOutcomes>,
  ): Promise<Settlement[]> {
    // A campaign waits as PENDING for its first instant, and may have nothing left by then.
    const processing = schedules.filter(
      ({ status, isCampaign }) => status === 'PROCESSING' || (status === 'PENDING' && isCampaign),
    );
    if (processing.length === 0) return [];
    const unfinished = await this.repository.withUnfinishedRun(tx, processing);
    const settlements = processing.flatMap((schedule): Settlement[] => {
      const own = ended.filter((run) => run.scheduleId === schedule.scheduleId);
      const status = statusOfActive({
        hasUnfinishedRun: unfinished.has(schedule.scheduleId),
        hasNextRun: schedule.hasNextRun,
        lastRun: combined(own.map((run) => outcomesOf(outcomes, run))),
      });
      if (status === 'PROCESSING') return [];
      const { tenantId, scheduleId, version } = schedule;
      return [{ tenantId, scheduleId, version, status, reason: status === 'FAILED' ? REACHED_NOBODY : null }];
    });
    if (settlements.length > 0) await this.repository.settle(tx, settlements);
    return settlements;
  }
}

/** Why a schedule is FAILED whose run did end. */
export const REACHED_NOBODY = 'None of the deliveries of its last run could be sent.';

const NOTHING: RunOutcomes = { hasFailed: false, hasUncertain: false, hasReached: false };

function outcomesOf(outcomes: ReadonlyMap<string, RunOutcomes>, run: RunKey): RunOutcomes {
  return outcomes.get(run.runId) ?? NOTHING;
}

function combined(all: readonly RunOutcomes[]): RunOutcomes {
  return {
    hasFailed: all.some((outcomes) => outcomes.hasFailed),
    hasUncertain: all.some((outcomes) => outcomes.hasUncertain),
    hasReached: all.some((outcomes) => outcomes.hasReached),
  };
}

function distinctSchedules(runs: readonly RunKey[]) {
  return [...new Map(runs.map(({ tenantId, scheduleId }) => [scheduleId, { tenantId, scheduleId }])).values()];
}

function versionsAfter(schedules: readonly LockedSchedule[], settled: readonly Settlement[]): ScheduleVersion[] {
  const raised = new Set(settled.map((settlement) => settlement.scheduleId));
  return schedules.map(({ tenantId, scheduleId, version }) => ({
    tenantId,
    scheduleId,
    version: raised.has(scheduleId) ? version + 1 : version,
  }));
}
