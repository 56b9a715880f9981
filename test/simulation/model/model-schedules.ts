import type { EpochMs } from '../../../src/core/values/time.js';
import type {
  Advance,
  DueSchedule,
  FiringRepository,
  OccurrenceRow,
  PreparedZones,
  UpcomingSchedule,
} from '../../../src/modules/schedules/persistence/firing.repository.js';
import type {
  FinishingRepository,
  LockedSchedule,
  RunInSight,
  Settlement,
} from '../../../src/modules/schedules/persistence/finishing.repository.js';
import type { RunKey, ScheduleKey } from '../../../src/modules/schedules/persistence/run-key.js';
import type { RunOutcomes } from '../../../src/core/scheduling/schedule-lifecycle.js';
import type { RunState } from '../../../src/core/scheduling/schedule-words.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { run } from './model-database.js';
import { sortedIds, TENANT, type ModelRun, type ModelSchedule, type ModelTables } from './model-rows.js';
import type { ModelStatement } from './model-statement.js';
import { isUnfinished } from './model-words.js';

/** The statements of persistence/firing.repository.ts. */
export class ModelFiring implements Pick<FiringRepository, keyof FiringRepository> {
  lockDue(tx: Sql, leadMs: number, limit: number): Promise<DueSchedule[]> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const untilUs = nowUs() + leadMs * 1_000;
      const isDue = ({ nextRunUs }: ModelSchedule): boolean => nextRunUs !== null && nextRunUs <= untilUs;
      const keys = statement
        .rows(tables.schedules)
        .filter(([, row]) => isDue(row))
        .sort(([a, left], [b, right]) => (left.nextRunUs ?? 0) - (right.nextRunUs ?? 0) || (a < b ? -1 : 1))
        .map(([key]) => key);
      const locked = await statement.lock(tables.schedules, keys, isDue, { skipLocked: true, limit });
      return locked.map(([, row]) => dueOf(row));
    });
  }

  /** No schedule of the model goes by its contacts' zones. */
  zonesAhead(tx: Sql): Promise<{ zones: readonly string[]; now: EpochMs } | null> {
    return run(tx, () => null);
  }

  lockEarly(_tx: Sql, _zones: PreparedZones, _limit: number): Promise<DueSchedule[]> {
    return Promise.resolve([]);
  }

  nowAndUnfinished(
    tx: Sql,
    schedules: readonly ScheduleKey[],
  ): Promise<{ now: EpochMs; unfinished: ReadonlySet<string> }> {
    return run(tx, (statement, { tables, nowUs }) => {
      const ids = new Set(schedules.map((schedule) => schedule.scheduleId));
      const open = statement.rows(tables.runs).filter(([, row]) => ids.has(row.scheduleId) && isUnfinished(row));
      return { now: Math.floor(nowUs() / 1_000), unfinished: new Set(open.map(([, row]) => row.scheduleId)) };
    });
  }

  insertOccurrences(tx: Sql, rows: readonly OccurrenceRow[]): Promise<ReadonlySet<string>> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const written = new Set<string>();
      for (const row of rows) {
        const { runId, scheduleId, dueAt, status, missedCount, missedUntil } = row;
        const isNew = await statement.insert(tables.occurrences, `${scheduleId}@${dueAt}`, { runId });
        if (!isNew) continue;
        await statement.insert(tables.runs, runId, {
          id: runId,
          scheduleId,
          dueUs: dueAt * 1_000,
          status,
          missedCount,
          missedUntilUs: missedUntil === null ? null : missedUntil * 1_000,
          cursor: null,
          audienceCount: 0,
          materialisedUs: nowUs(),
        });
        written.add(runId);
      }
      return written;
    });
  }

  advance(tx: Sql, advances: readonly Advance[]): Promise<number> {
    return run(tx, async (statement, { tables }) => {
      let count = 0;
      for (const advance of advances) {
        const changed = await statement.update(
          tables.schedules,
          [advance.scheduleId],
          (row) => row.version === advance.version,
          (row) => ({
            ...row,
            nextRunUs: micros(advance.nextRunAt),
            lastRunUs: micros(advance.lastRunAt) ?? row.lastRunUs,
            runCount: row.runCount + advance.createdRuns,
            status: advance.status,
            statusReason: advance.statusReason,
            version: row.version + 1,
          }),
        );
        count += changed.length;
      }
      return count;
    });
  }

  upcoming(sql: Sql, withinMs: number, limit: number): Promise<UpcomingSchedule[]> {
    return run(sql, (statement, { tables, nowUs }) =>
      statement
        .rows(tables.schedules)
        .flatMap(([scheduleId, { nextRunUs }]) => (nextRunUs === null ? [] : [{ scheduleId, nextRunUs }]))
        .filter(({ nextRunUs }) => nextRunUs <= nowUs() + withinMs * 1_000)
        .sort((a, b) => a.nextRunUs - b.nextRunUs)
        .slice(0, limit)
        .map(({ scheduleId, nextRunUs }) => ({
          scheduleId,
          dueAt: nextRunUs / 1_000,
          inMs: (nextRunUs - nowUs()) / 1_000,
        })),
    );
  }

  nextDueInMs(sql: Sql): Promise<number | null> {
    return run(sql, (statement, { tables, nowUs }) => {
      const next = statement
        .rows(tables.schedules)
        .flatMap(([, { nextRunUs }]) => (nextRunUs === null ? [] : [nextRunUs]));
      return next.length === 0 ? null : (Math.min(...next) - nowUs()) / 1_000;
    });
  }
}

/** The statements of persistence/finishing.repository.ts. */
export class ModelFinishing implements Pick<FinishingRepository, keyof FinishingRepository> {
  doneAmong(sql: Sql, runIds: readonly string[]): Promise<RunKey[]> {
    return run(sql, (statement, { tables }) =>
      runIds.flatMap((id) => {
        const row = statement.get(tables.runs, id);
        return row?.status === 'RUNNING' && !isQueued(statement, tables, id) ? [keyOf(row)] : [];
      }),
    );
  }

  sweepPage(sql: Sql, afterId: string, limit: number): Promise<RunInSight[]> {
    return run(sql, (statement, { tables }) =>
      statement
        .rows(tables.runs)
        .map(([, row]) => row)
        .filter((row) => row.status === 'RUNNING' && row.id > afterId)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map((row) => ({
          ...keyOf(row),
          scheduleStatus: statement.get(tables.schedules, row.scheduleId)?.status ?? 'CANCELLED',
          isDone: !isQueued(statement, tables, row.id),
          hasParked: statement
            .rows(tables.queue)
            .some(([, queued]) => queued.runId === row.id && queued.waitReason === 'paused'),
        })),
    );
  }

  cancelledWhileCreated(sql: Sql, limit: number): Promise<RunKey[]> {
    return run(sql, (statement, { tables }) =>
      statement
        .rows(tables.runs)
        .map(([, row]) => row)
        .filter((row) => row.status === 'CREATED')
        .filter((row) => statement.get(tables.schedules, row.scheduleId)?.status === 'CANCELLED')
        .slice(0, limit)
        .map(keyOf),
    );
  }

  outcomes(sql: Sql, runs: readonly RunKey[]): Promise<Map<string, RunOutcomes>> {
    return run(sql, (statement, { tables }) => {
      const deliveries = statement.rows(tables.deliveries).map(([, row]) => row);
      return new Map(
        runs.map(({ runId }) => {
          const statuses = deliveries.filter((row) => row.runId === runId).map((row) => row.status);
          const has = (...wanted: string[]): boolean => statuses.some((status) => wanted.includes(status));
          return [
            runId,
            {
              hasFailed: has('failed', 'expired'),
              hasUncertain: has('uncertain'),
              hasReached: has('sent', 'delivered', 'read'),
            },
          ];
        }),
      );
    });
  }

  lockSchedules(tx: Sql, schedules: readonly ScheduleKey[]): Promise<LockedSchedule[]> {
    return run(tx, async (statement, { tables }) => {
      const ids = sortedIds(schedules.map((schedule) => schedule.scheduleId));
      const locked = await statement.lock(tables.schedules, ids, () => true, { skipLocked: true });
      return locked.map(([scheduleId, { status, version, nextRunUs }]) => ({
        tenantId: TENANT,
        scheduleId,
        version,
        status,
        hasNextRun: nextRunUs !== null,
        isCampaign: false,
      }));
    });
  }

  lockRuns(tx: Sql, runs: readonly RunKey[]): Promise<void> {
    return run(tx, async (statement, { tables }) => {
      const ids = sortedIds(runs.map((key) => key.runId));
      await statement.lock(tables.runs, ids, (row) => row.status === 'RUNNING');
    });
  }

  finishRuns(tx: Sql, ends: readonly (RunKey & { readonly state: RunState })[]): Promise<RunKey[]> {
    return run(tx, async (statement, { tables }) => {
      const ended: RunKey[] = [];
      for (const { runId, state } of ends) {
        const changed = await statement.update(
          tables.runs,
          [runId],
          (row) => row.status === 'RUNNING' && !isQueued(statement, tables, runId),
          (row) => ({ ...row, status: state }),
        );
        ended.push(...changed.map(keyOf));
      }
      return ended;
    });
  }

  withUnfinishedRun(tx: Sql, schedules: readonly ScheduleKey[]): Promise<ReadonlySet<string>> {
    return run(tx, (statement, { tables }) => {
      const ids = new Set(schedules.map((schedule) => schedule.scheduleId));
      const open = statement.rows(tables.runs).filter(([, row]) => ids.has(row.scheduleId) && isUnfinished(row));
      return new Set(open.map(([, row]) => row.scheduleId));
    });
  }

  settle(tx: Sql, settlements: readonly Settlement[]): Promise<void> {
    return run(tx, async (statement, { tables }) => {
      for (const { scheduleId, version, status, reason } of settlements) {
        const changed = await statement.update(
          tables.schedules,
          [scheduleId],
          (row) => row.version === version,
          (row) => ({ ...row, status, statusReason: reason, version: row.version + 1 }),
        );
        if (changed.length !== 1) throw new Error('a locked schedule changed under its lock');
      }
    });
  }
}

function dueOf(row: ModelSchedule): DueSchedule {
  const { type, version, cronExpression, timeZone, maxRuns, runCount, misfirePolicy, misfireGraceSeconds } = row;
  return {
    tenantId: TENANT,
    scheduleId: row.id,
    type,
    version,
    dueAt: (row.nextRunUs ?? 0) / 1_000,
    cronExpression,
    timeZone,
    startsAt: millis(row.startsUs),
    endsAt: millis(row.endsUs),
    maxRuns,
    runCount,
    misfirePolicy,
    misfireGraceSeconds,
    perContactTimeZone: false,
  };
}

function keyOf({ id, scheduleId }: ModelRun): RunKey {
  return { tenantId: TENANT, runId: id, scheduleId };
}

function isQueued(statement: ModelStatement, tables: ModelTables, runId: string): boolean {
  return statement.rows(tables.queue).some(([, row]) => row.runId === runId);
}

function micros(at: EpochMs | null): number | null {
  return at === null ? null : at * 1_000;
}

function millis(us: number | null): EpochMs | null {
  return us === null ? null : us / 1_000;
}
