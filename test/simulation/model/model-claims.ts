import type {
  CandidateRow,
  ClaimWrites,
  DatabaseNow,
  LaneRequest,
  LaneWrite,
  LockedLane,
} from '../../../src/modules/dispatch/persistence/claim-rows.js';
import type { ClaimsRepository } from '../../../src/modules/dispatch/persistence/claims.repository.js';
import type { StatusChangeRow } from '../../../src/modules/dispatch/persistence/status-change.js';
import type { LanesRepository } from '../../../src/modules/rate-limit/index.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { run } from './model-database.js';
import { TENANT, type ModelDelivery, type ModelQueueRow, type ModelTables } from './model-rows.js';
import { changeOfQueue, claimableFromUs, isClaimable, isPast, isWaiting, wakeLane, wasDoubted } from './model-words.js';
import type { ModelStatement } from './model-statement.js';

/** The statements of persistence/claims.repository.ts. */
export class ModelClaims implements Pick<ClaimsRepository, keyof ClaimsRepository> {
  lockLanes(
    tx: Sql,
    limit: number,
    except: readonly string[],
  ): Promise<{ lanes: LockedLane[]; now: DatabaseNow } | undefined> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const askedUs = nowUs();
      const keys = statement
        .rows(tables.lanes)
        .filter(([id]) => !except.includes(id))
        .sort(([, a], [, b]) => a.openUs - b.openUs)
        .map(([id]) => id);
      const isOpen = (lane: { readonly openUs: number }): boolean => lane.openUs <= askedUs;
      const locked = await statement.lock(tables.lanes, keys, isOpen, { skipLocked: true, limit });
      if (locked.length === 0) return undefined;
      const us = nowUs();
      const lanes = locked.flatMap(([id, lane]): LockedLane[] => {
        const channel = statement.get(tables.channels, id);
        if (!channel) return [];
        const { tatUs, lastTakenUs, day, sentToday, heldUntilUs } = lane;
        return [
          {
            ...channel,
            tenantId: TENANT,
            channelId: id,
            channelVersion: channel.version,
            active: channel.status === 'ACTIVE',
            heldUntilUs,
            state: { tatUs, lastTakenUs, day, sentToday },
          },
        ];
      });
      return { lanes, now: { us, text: String(us) } };
    });
  }

  candidates(tx: Sql, wanted: readonly LaneRequest[], now: DatabaseNow): Promise<CandidateRow[]> {
    return run(tx, async (statement, { tables }) => {
      const found: [string, ModelQueueRow][] = [];
      for (const lane of wanted) {
        const isCandidate = (row: ModelQueueRow): boolean =>
          row.channelId === lane.channelId && isWaiting(row) && isClaimable(row, now.us, lane.leadMs);
        const due = statement.rows(tables.queue).filter(([, row]) => isCandidate(row));
        for (const express of [false, true]) {
          const keys = due
            .filter(([, row]) => row.express === express)
            .sort(byTurn)
            .map(([id]) => id);
          const limit = express ? lane.express : lane.limited;
          const options = { skipLocked: true, limit };
          found.push(...(await statement.lock(tables.queue, keys, isCandidate, options)));
        }
      }
      return found.sort(byTurn).map(([, row]) => candidateOf(statement, tables, row));
    });
  }

  write(tx: Sql, writes: ClaimWrites): Promise<StatusChangeRow[]> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const { token, workerId, leaseMs } = writes;
      const taken = writes.taken.map((row) => row.deliveryId);
      if (taken.length > 0) {
        const lease = { token, workerId, untilUs: nowUs() + leaseMs * 1_000, deliveryIds: taken };
        await statement.insert(tables.leases, String(token), lease);
      }
      await statement.update(tables.queue, taken, isWaiting, (row): ModelQueueRow => ({
        ...row,
        state: 'claimed',
        token,
      }));
      await statement.update(
        tables.deliveries,
        writes.reclaimedUncertain.map((row) => row.deliveryId),
        (row) => row.status === 'uncertain',
        (row): ModelDelivery => ({ ...row, status: 'pending', needsAttention: false }),
      );
      const retryUs = new Map(writes.deferred.map((row) => [row.deliveryId, row.retryAtUs]));
      const deferred = await statement.update(tables.queue, [...retryUs.keys()], isWaiting, (row): ModelQueueRow => ({
        ...row,
        readyUs: retryUs.get(row.deliveryId) ?? row.readyUs,
        version: row.version + 1,
        waitReason: row.state === 'pending' ? 'rate_limit' : row.waitReason,
      }));
      for (const { channelId, contactId, tatUs } of writes.contacts) {
        const key = `${channelId}/${contactId}`;
        if (await statement.insert(tables.contactRates, key, { tatUs })) continue;
        await statement.update(
          tables.contactRates,
          [key],
          () => true,
          () => ({ tatUs }),
        );
      }
      return deferred.filter((row) => row.state === 'pending').flatMap((row) => changeOfQueue(statement, tables, row));
    });
  }

  writeLanes(tx: Sql, lanes: readonly LaneWrite[]): Promise<void> {
    return run(tx, async (statement, { tables, nowUs }) => {
      for (const write of lanes) {
        const waiting = statement
          .rows(tables.queue)
          .map(([, row]) => row)
          .filter((row) => row.channelId === write.channelId && isWaiting(row))
          .filter((row) => !isPast(row, nowUs()));
        const opensUs = (express: boolean, closedUntilUs: number): number => {
          const ready = waiting
            .filter((row) => row.express === express)
            .map((row) => claimableFromUs(row.readyUs, write.leadMs));
          return ready.length === 0 ? Infinity : Math.max(Math.min(...ready), closedUntilUs, nowUs());
        };
        const openUs = write.closed
          ? Infinity
          : Math.min(opensUs(false, write.closedUntilUs), opensUs(true, write.expressClosedUntilUs));
        await statement.update(
          tables.lanes,
          [write.channelId],
          () => true,
          (lane) => ({ ...lane, ...write.state, openUs }),
        );
      }
    });
  }
}

/** The statements of modules/rate-limit/persistence/lanes.repository.ts that dispatch uses. */
export class ModelLanes implements Pick<LanesRepository, 'hold' | 'nextOpenInMs'> {
  hold(sql: Sql, { channelId }: { readonly channelId: string }, ms: number): Promise<void> {
    return run(sql, async (statement, { tables, nowUs }) => {
      await statement.update(
        tables.lanes,
        [channelId],
        () => true,
        (lane) => ({ ...lane, heldUntilUs: Math.max(lane.heldUntilUs, nowUs() + ms * 1_000) }),
      );
    });
  }

  nextOpenInMs(sql: Sql, except: readonly string[]): Promise<number | null> {
    return run(sql, (statement, { tables, nowUs }) => {
      const open = statement.rows(tables.lanes).filter(([id, lane]) => !except.includes(id) && lane.openUs < Infinity);
      return open.length === 0 ? null : (Math.min(...open.map(([, lane]) => lane.openUs)) - nowUs()) / 1_000;
    });
  }

  /** Makes the dispatchers look at a lane. */
  wake(sql: Sql, channelId: string): Promise<void> {
    return run(sql, (statement, { tables, nowUs }) => wakeLane(statement, tables, channelId, nowUs()));
  }
}

function candidateOf(statement: ModelStatement, tables: ModelTables, row: ModelQueueRow): CandidateRow {
  const rate = statement.get(tables.contactRates, `${row.channelId}/${row.contactId}`);
  const { deliveryId, channelId, scheduleId, runId, contactId, guarantee, attemptsBefore, express } = row;
  return {
    tenantId: TENANT,
    deliveryId,
    channelId,
    scheduleId,
    runId,
    contactId,
    guarantee,
    attemptsBefore,
    doubted: row.attempt > 0 && wasDoubted(statement, tables, deliveryId),
    express,
    uncertain: row.state === 'uncertain',
    spacingSeconds: 0,
    contactTatUs: rate?.tatUs ?? 0,
    readyAtUs: row.readyUs,
    variation: null,
    clientMessageId: null,
  };
}

function byTurn([a, left]: [string, ModelQueueRow], [b, right]: [string, ModelQueueRow]): number {
  return right.priority - left.priority || left.readyUs - right.readyUs || (a < b ? -1 : 1);
}
