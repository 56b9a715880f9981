import type {
  InstantsByZone,
  MadeDelivery,
  MaterialisingRepository,
  RunToMaterialise,
  WrittenPart,
} from '../../../src/modules/schedules/persistence/materialising.repository.js';
import type { RunKey } from '../../../src/modules/schedules/persistence/run-key.js';
import { newId } from '../../../src/platform/database/ids.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { run } from './model-database.js';
import { TENANT, type ModelRun } from './model-rows.js';
import { claimableFromUs, wakeLane } from './model-words.js';

/** The statements of persistence/materialising.repository.ts, for audiences of contacts that nothing keeps from being sent to. */
export class ModelMaterialising implements Pick<MaterialisingRepository, keyof MaterialisingRepository> {
  pickRun(tx: Sql): Promise<RunToMaterialise | undefined> {
    return run(tx, async (statement, { tables }) => {
      const keys = statement
        .rows(tables.runs)
        .filter(([, row]) => row.status === 'CREATED')
        .sort(([, a], [, b]) => a.materialisedUs - b.materialisedUs)
        .map(([key]) => key);
      for (const key of keys) {
        const [picked] = await statement.lock(tables.runs, [key], (row) => row.status === 'CREATED', {
          skipLocked: true,
        });
        if (!picked) continue;
        const [, row] = picked;
        const [owner] = await statement.lock(
          tables.schedules,
          [row.scheduleId],
          (schedule) => schedule.status !== 'CANCELLED',
          { mode: 'share', skipLocked: true },
        );
        if (!owner) continue;
        const [, schedule] = owner;
        return {
          tenantId: TENANT,
          runId: row.id,
          scheduleId: schedule.id,
          channelId: schedule.channelId,
          type: schedule.type,
          version: schedule.version,
          isPaused: schedule.status === 'PAUSED',
          dueAt: new Date(row.dueUs / 1_000),
          timeZone: schedule.timeZone,
          perContactTimeZone: false,
          cursor: row.cursor,
        };
      }
      return undefined;
    });
  }

  zonesOfNextPart(): Promise<string[]> {
    return Promise.resolve([]);
  }

  writeNextPart(tx: Sql, { runId }: RunToMaterialise, size: number, _instants: InstantsByZone): Promise<WrittenPart> {
    return run(tx, async (statement, { tables }) => {
      const row = statement.get(tables.runs, runId) as ModelRun;
      const schedule = statement.get(tables.schedules, row.scheduleId);
      if (!schedule) throw new Error('a run without its schedule');
      const after = row.cursor ?? '';
      // A part of the model is smaller than the program's, so that its cursor matters.
      const part = [...schedule.contactIds]
        .sort()
        .filter((id) => id > after)
        .slice(0, Math.min(size, 3));
      let made = 0;
      for (const contactId of part) {
        const id = newId();
        if (!(await statement.insert(tables.runContacts, `${runId}/${contactId}`, { deliveryId: id }))) continue;
        made += 1;
        const ids = { scheduleId: schedule.id, runId, channelId: schedule.channelId, contactId };
        await statement.insert(tables.deliveries, id, {
          ...ids,
          id,
          dueUs: row.dueUs,
          status: 'pending',
          version: 1,
          attempt: 0,
          needsAttention: false,
          sentUs: null,
          deliveredUs: null,
          readUs: null,
          failedUs: null,
          gatewayMessageId: null,
          errorCode: null,
        });
        const isPaused = schedule.status === 'PAUSED';
        await statement.insert(tables.queue, id, {
          ...ids,
          deliveryId: id,
          state: 'pending',
          waitReason: isPaused ? 'paused' : 'none',
          readyUs: isPaused ? Infinity : row.dueUs,
          parkedUs: isPaused ? row.dueUs : null,
          expiresUs: schedule.expiresAfterUs === null ? null : row.dueUs + schedule.expiresAfterUs,
          token: 0,
          version: 0,
          guarantee: schedule.guarantee,
          priority: schedule.priority,
          express: schedule.express,
          attempt: 0,
          attemptsBefore: 0,
          cancelRequested: false,
          errorCode: null,
        });
      }
      const taken = part.length < 3 ? part.length : size;
      return { taken, cursor: part.at(-1) ?? null, made, queued: made };
    });
  }

  writeInOrder(): Promise<MadeDelivery[]> {
    return Promise.reject(new Error('the model has no campaigns'));
  }

  recordPart(tx: Sql, picked: RunToMaterialise, part: WrittenPart, isLast: boolean): Promise<boolean> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const changed = await statement.update(
        tables.runs,
        [picked.runId],
        (row) => row.status === 'CREATED' && row.cursor === picked.cursor,
        (row) => ({
          ...row,
          cursor: part.cursor ?? row.cursor,
          audienceCount: row.audienceCount + part.made,
          materialisedUs: nowUs(),
          status: isLast ? 'RUNNING' : row.status,
        }),
      );
      return changed.length === 1;
    });
  }

  letOthersPass(sql: Sql, { runId }: RunKey): Promise<void> {
    return run(sql, async (statement, { tables, nowUs }) => {
      await statement.update(
        tables.runs,
        [runId],
        () => true,
        (row) => ({ ...row, materialisedUs: nowUs() }),
      );
    });
  }

  wakeLane(tx: Sql, _tenantId: string, channelId: string, at: Date | null): Promise<void> {
    return run(tx, (statement, { tables, nowUs }) =>
      wakeLane(statement, tables, channelId, at === null ? nowUs() : claimableFromUs(at.getTime() * 1_000)),
    );
  }
}
