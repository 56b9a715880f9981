import type {
  CancellingRepository,
  CancelledDelivery,
} from '../../../src/modules/schedules/persistence/cancelling.repository.js';
import type { ParkingRepository } from '../../../src/modules/schedules/persistence/parking.repository.js';
import type { RunKey, ScheduleKey } from '../../../src/modules/schedules/persistence/run-key.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { run } from './model-database.js';
import { TENANT, type ModelQueueRow, type ModelRun, type ModelTables } from './model-rows.js';
import type { ModelStatement } from './model-statement.js';
import { endDelivery, isUnfinished, wakeLanesOf } from './model-words.js';

/** The statements of persistence/parking.repository.ts that pauses need. */
export class ModelParking implements Pick<ParkingRepository, keyof ParkingRepository> {
  readForShare(
    tx: Sql,
    { scheduleId }: ScheduleKey,
  ): Promise<{ readonly isPaused: boolean; readonly isCancelled: boolean } | undefined> {
    return run(tx, async (statement, { tables }) => {
      const [found] = await statement.lock(tables.schedules, [scheduleId], () => true, { mode: 'share' });
      return found && { isPaused: found[1].status === 'PAUSED', isCancelled: found[1].status === 'CANCELLED' };
    });
  }

  park(tx: Sql, { scheduleId }: ScheduleKey, limit: number): Promise<number> {
    return run(tx, async (statement, { tables }) => {
      const holds = (row: ModelQueueRow): boolean =>
        row.scheduleId === scheduleId && row.state === 'pending' && row.waitReason !== 'paused';
      const part = await lockPart(statement, tables, holds, limit);
      const parked = await statement.update(
        tables.queue,
        part,
        () => true,
        (row): ModelQueueRow => ({
          ...row,
          parkedUs: row.readyUs,
          readyUs: Infinity,
          waitReason: 'paused',
          version: row.version + 1,
        }),
      );
      return parked.length;
    });
  }

  unpark(tx: Sql, { scheduleId }: ScheduleKey, limit: number): Promise<number> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const holds = (row: ModelQueueRow): boolean =>
        row.scheduleId === scheduleId && row.state === 'pending' && row.waitReason === 'paused';
      const part = await lockPart(statement, tables, holds, limit);
      const freed = await statement.update(
        tables.queue,
        part,
        () => true,
        (row): ModelQueueRow => ({
          ...row,
          readyUs: row.parkedUs ?? nowUs(),
          parkedUs: null,
          waitReason: row.attempt > row.attemptsBefore ? 'retry' : 'none',
          version: row.version + 1,
        }),
      );
      await wakeLanesOf(statement, tables, freed);
      return freed.length;
    });
  }

  applySettings(): Promise<number> {
    return Promise.reject(new Error('the model has no edits'));
  }
}

/** The statements of persistence/cancelling.repository.ts. */
export class ModelCancelling implements Pick<CancellingRepository, keyof CancellingRepository> {
  unfinishedRuns(sql: Sql, _tenantId: string, scheduleId: string): Promise<RunKey[]> {
    return run(sql, (statement, { tables }) =>
      statement
        .rows(tables.runs)
        .filter(([, row]) => row.scheduleId === scheduleId && isUnfinished(row))
        .map(([runId]) => ({ tenantId: TENANT, runId, scheduleId })),
    );
  }

  cancelPending(sql: Sql, { runId }: RunKey, limit: number): Promise<CancelledDelivery[]> {
    return run(sql, async (statement, { tables }) => {
      const gone = await removeBoth(statement, tables, runId, 'pending', limit);
      const cancelled: CancelledDelivery[] = [];
      for (const row of gone) {
        const ended = await endDelivery(statement, tables, row, {
          status: 'cancelled',
          needsAttention: false,
          errorCode: row.errorCode,
        });
        cancelled.push(
          ...ended.map(({ id, channelId, contactId, version }) => ({
            id,
            channelId,
            contactId,
            version,
            waitReason: row.waitReason,
          })),
        );
      }
      return cancelled;
    });
  }

  releaseUncertain(sql: Sql, { runId }: RunKey, limit: number): Promise<number> {
    return run(sql, async (statement, { tables }) => {
      const gone = await removeBoth(statement, tables, runId, 'uncertain', limit);
      for (const { errorCode, ...row } of gone)
        await endDelivery(statement, tables, row, { status: 'uncertain', errorCode });
      return gone.length;
    });
  }

  askClaimed(sql: Sql, { runId }: RunKey, limit: number): Promise<number> {
    return run(sql, async (statement, { tables }) => {
      const holds = (row: ModelQueueRow): boolean =>
        row.runId === runId && row.state === 'claimed' && !row.cancelRequested;
      const part = await lockPart(statement, tables, holds, limit);
      const asked = await statement.update(
        tables.queue,
        part,
        (row) => row.state === 'claimed',
        (row) => ({ ...row, cancelRequested: true, version: row.version + 1 }),
      );
      return asked.length;
    });
  }

  markCancelled(sql: Sql, { runId }: RunKey): Promise<boolean> {
    return run(sql, async (statement, { tables }) => {
      const isEmpty = !statement.rows(tables.queue).some(([, row]) => row.runId === runId);
      const changed = await statement.update(
        tables.runs,
        [runId],
        (row) =>
          isEmpty && isUnfinished(row) && statement.get(tables.schedules, row.scheduleId)?.status === 'CANCELLED',
        (row): ModelRun => ({ ...row, status: 'CANCELLED' }),
      );
      return changed.length === 1;
    });
  }
}

async function lockPart(
  statement: ModelStatement,
  tables: ModelTables,
  holds: (row: ModelQueueRow) => boolean,
  limit: number,
): Promise<string[]> {
  const keys = statement
    .rows(tables.queue)
    .filter(([, row]) => holds(row))
    .map(([key]) => key)
    .sort();
  const locked = await statement.lock(tables.queue, keys, holds, { skipLocked: true, limit });
  return locked.map(([key]) => key);
}

/** Both rows of a delivery are locked without waiting; what somebody holds is left for the next round. */
async function removeBoth(
  statement: ModelStatement,
  tables: ModelTables,
  runId: string,
  state: ModelQueueRow['state'],
  limit: number,
): Promise<ModelQueueRow[]> {
  const holds = (row: ModelQueueRow): boolean => row.runId === runId && row.state === state;
  const part = await lockPart(statement, tables, holds, limit);
  const both = await statement.lock(tables.deliveries, part, () => true, { skipLocked: true });
  return statement.remove(
    tables.queue,
    both.map(([key]) => key),
    holds,
  );
}
