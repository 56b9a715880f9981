import type { StoredSendingHours } from '../../../src/core/openings/sending-hours.js';
import type { HeldDelivery } from '../../../src/modules/dispatch/dispatch-types.js';
import type { Facts, FactsRepository } from '../../../src/modules/dispatch/persistence/facts.repository.js';
import type { HousekeepingRepository } from '../../../src/modules/dispatch/persistence/housekeeping.repository.js';
import type {
  ChannelGate,
  Gate,
  IntentRow,
  IntentsRepository,
  ShutContact,
} from '../../../src/modules/dispatch/persistence/intents.repository.js';
import type {
  AbandonedDelivery,
  ExpiredLease,
  LeasesRepository,
} from '../../../src/modules/dispatch/persistence/leases.repository.js';
import type { StatusChangeRow } from '../../../src/modules/dispatch/persistence/status-change.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { run } from './model-database.js';
import { attemptKey, sortedIds, TENANT, type ModelQueueRow } from './model-rows.js';
import { changeOfDelivery, changeOfQueue, endDelivery, isPast, isWaiting, wasDoubted } from './model-words.js';

type Key = { readonly tenantId: string; readonly id: string };

/** The statements of persistence/intents.repository.ts. */
export class ModelIntents implements Pick<IntentsRepository, keyof IntentsRepository> {
  extendLeases(tx: Sql, tokens: readonly number[], workerId: string, leaseMs: number): Promise<Set<number>> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const keys = [...tokens].sort((a, b) => a - b).map(String);
      const locked = await statement.lock(tables.leases, keys, (lease) => lease.workerId === workerId);
      const kept = await statement.update(
        tables.leases,
        locked.map(([key]) => key),
        (lease) => lease.untilUs > nowUs(),
        (lease) => ({ ...lease, untilUs: Math.max(lease.untilUs, nowUs() + leaseMs * 1_000) }),
      );
      return new Set(kept.map((lease) => lease.token));
    });
  }

  scheduleGates(tx: Sql, keys: readonly Key[]): Promise<Gate[]> {
    return run(tx, async (statement, { tables }) => {
      const ids = sortedIds(keys.map((key) => key.id));
      const locked = await statement.lock(tables.schedules, ids, () => true, { mode: 'share' });
      return locked.map(([id, { status }]) => ({ id, status }));
    });
  }

  channelGates(tx: Sql, keys: readonly Key[]): Promise<ChannelGate[]> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const ids = sortedIds(keys.map((key) => key.id));
      const locked = await statement.lock(tables.channels, ids, () => true, { mode: 'share' });
      return locked.map(([id, channel]) => {
        const hours: StoredSendingHours = channel;
        return { ...hours, id, status: channel.status, nowUs: nowUs() };
      });
    });
  }

  shutContacts(tx: Sql, keys: readonly Key[]): Promise<ShutContact[]> {
    return run(tx, (statement, { tables }) =>
      keys.flatMap(({ id }) =>
        statement.get(tables.contacts, id)?.optedOut ? [{ id, optedOut: true, deleted: false }] : [],
      ),
    );
  }

  intend(tx: Sql, held: readonly HeldDelivery[]): Promise<IntentRow[]> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const rows: IntentRow[] = [];
      for (const { deliveryId, token } of held) {
        const isOpen = (row: ModelQueueRow): boolean =>
          row.state === 'claimed' &&
          row.token === token &&
          !row.cancelRequested &&
          (row.expiresUs === null || row.expiresUs > nowUs());
        const moved = await statement.update(tables.queue, [deliveryId], isOpen, (row): ModelQueueRow => ({
          ...row,
          state: 'sending',
          attempt: row.attempt + 1,
          waitReason: 'none',
          version: row.version + 1,
        }));
        for (const row of moved) {
          const attempt = {
            deliveryId,
            number: row.attempt,
            token,
            startedUs: nowUs(),
            finishedUs: null,
            outcome: null,
          };
          const isNew = await statement.insert(tables.attempts, attemptKey(deliveryId, row.attempt), attempt);
          if (!isNew) throw new Error(`attempt ${row.attempt} of ${deliveryId} is there already`);
          rows.push(...changeOfQueue(statement, tables, row).map((change) => ({ ...change, attempt: row.attempt })));
        }
      }
      return rows;
    });
  }

  begun(tx: Sql, held: readonly HeldDelivery[]): Promise<IntentRow[]> {
    return run(tx, async (statement, { tables }) => {
      const tokens = new Map(held.map((delivery) => [delivery.deliveryId, delivery.token]));
      const isOurs = (row: ModelQueueRow): boolean =>
        row.token === tokens.get(row.deliveryId) && (row.state === 'claimed' || row.state === 'sending');
      const locked = await statement.lock(tables.queue, sortedIds(tokens.keys()), isOurs);
      return locked
        .filter(([, row]) => row.state === 'sending')
        .flatMap(([, row]) =>
          changeOfQueue(statement, tables, row).map((change) => ({ ...change, attempt: row.attempt })),
        );
    });
  }
}

/** The statements of persistence/leases.repository.ts. */
export class ModelLeases implements Pick<LeasesRepository, keyof LeasesRepository> {
  takeTokenBlock(sql: Sql): Promise<number> {
    return run(sql, async (statement, { tables }) => {
      // Not as a sequence, which nobody waits for: only that no number comes twice is the point here.
      const [block] = await statement.update(
        tables.tokenBlocks,
        ['only'],
        () => true,
        ({ reached }) => ({ reached: reached + 1 }),
      );
      return block?.reached ?? 0;
    });
  }

  lockExpired(tx: Sql, limit: number): Promise<ExpiredLease[]> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const keys = statement
        .rows(tables.leases)
        .filter(([, lease]) => lease.untilUs < nowUs())
        .sort(([, a], [, b]) => a.token - b.token)
        .map(([key]) => key);
      const options = { skipLocked: true, limit };
      const locked = await statement.lock(tables.leases, keys, (lease) => lease.untilUs < nowUs(), options);
      return locked.map(([, { token, workerId, deliveryIds }]) => ({
        token,
        workerId,
        deliveryIds,
        tenantIds: deliveryIds.map(() => TENANT),
      }));
    });
  }

  abandoned(tx: Sql, lease: ExpiredLease): Promise<AbandonedDelivery[]> {
    return run(tx, async (statement, { tables }) => {
      const isHeld = (row: ModelQueueRow): boolean =>
        row.token === lease.token && (row.state === 'claimed' || row.state === 'sending');
      const locked = await statement.lock(tables.queue, sortedIds(lease.deliveryIds), isHeld);
      return locked.flatMap(([, row]): AbandonedDelivery[] => {
        const schedule = statement.get(tables.schedules, row.scheduleId);
        if (!schedule || (row.state !== 'claimed' && row.state !== 'sending')) return [];
        const { deliveryId, token, channelId, scheduleId, runId, contactId } = row;
        const { state, guarantee, attempt, attemptsBefore } = row;
        return [
          {
            tenantId: TENANT,
            deliveryId,
            token,
            channelId,
            scheduleId,
            runId,
            contactId,
            state,
            guarantee,
            attempt,
            attemptsBefore,
            cancelRequested: row.cancelRequested,
            retryPolicy: schedule.retryPolicy,
          },
        ];
      });
    });
  }

  remove(sql: Sql, tokens: readonly number[]): Promise<void> {
    return run(sql, async (statement, { tables }) => {
      await statement.remove(tables.leases, tokens.map(String), () => true);
    });
  }
}

/** The statements of persistence/facts.repository.ts. */
export class ModelFacts implements Pick<FactsRepository, keyof FactsRepository> {
  read(sql: Sql, batch: readonly { readonly scheduleId: string; readonly contactId: string }[]): Promise<Facts> {
    return run(sql, (statement, { tables }) => {
      const schedules = new Map<string, Facts['schedules'] extends ReadonlyMap<string, infer S> ? S : never>();
      const recipients = new Map<string, Facts['recipients'] extends ReadonlyMap<string, infer R> ? R : never>();
      for (const { scheduleId, contactId } of batch) {
        const schedule = statement.get(tables.schedules, scheduleId);
        const contact = statement.get(tables.contacts, contactId);
        if (schedule) schedules.set(scheduleId, { ...TEXT, scheduleId, retryPolicy: schedule.retryPolicy });
        if (contact) recipients.set(contactId, { ...PERSON, optedOut: contact.optedOut, deleted: false });
      }
      return { schedules, recipients };
    });
  }
}

const TEXT = {
  useNicknames: false,
  type: 'TEXT',
  status: 'ACTIVE',
  content: 'Olá',
  variations: [],
  attachmentUrl: null,
  attachmentType: null,
  template: null,
} as const;

const PERSON = {
  name: 'Maria',
  implicit: false,
  phone: '+5565981234567',
  email: null,
  city: null,
  attributes: {},
  nickname: null,
} as const;

/** The statements of persistence/housekeeping.repository.ts. */
export class ModelHousekeeping implements Pick<HousekeepingRepository, keyof HousekeepingRepository> {
  expire(sql: Sql, limit: number): Promise<(StatusChangeRow & { readonly status: string })[]> {
    return run(sql, async (statement, { tables, nowUs }) => {
      const isLate = (row: ModelQueueRow): boolean =>
        isWaiting(row) && row.expiresUs !== null && row.expiresUs <= nowUs();
      const keys = statement
        .rows(tables.queue)
        .filter(([, row]) => isLate(row))
        .sort(([, a], [, b]) => (a.expiresUs ?? 0) - (b.expiresUs ?? 0))
        .map(([key]) => key);
      const late = await statement.lock(tables.queue, keys, isLate, { skipLocked: true, limit });
      const gone = await statement.remove(
        tables.queue,
        late.map(([key]) => key),
        isLate,
      );
      const changes: (StatusChangeRow & { readonly status: string })[] = [];
      for (const row of gone) {
        const isDoubted = row.state === 'uncertain' || wasDoubted(statement, tables, row.deliveryId);
        const status = isDoubted ? 'uncertain' : 'expired';
        const ended = await endDelivery(statement, tables, row, {
          status,
          errorCode: isDoubted ? row.errorCode : 'EXPIRED',
        });
        changes.push(...ended.map((delivery) => ({ ...changeOfDelivery(delivery), status })));
      }
      return changes;
    });
  }

  healLanes(sql: Sql): Promise<number> {
    return run(sql, async (statement, { tables, nowUs }) => {
      const asleep = statement
        .rows(tables.lanes)
        .filter(([id, lane]) => lane.openUs === Infinity && statement.get(tables.channels, id)?.status === 'ACTIVE')
        .filter(([id]) =>
          statement
            .rows(tables.queue)
            .some(
              ([, row]) => row.channelId === id && isWaiting(row) && row.readyUs < Infinity && !isPast(row, nowUs()),
            ),
        )
        .map(([id]) => id);
      const woken = await statement.update(
        tables.lanes,
        asleep,
        (lane) => lane.openUs === Infinity,
        (lane) => ({ ...lane, openUs: nowUs() }),
      );
      return woken.length;
    });
  }

  adoptOrphans(sql: Sql): Promise<number> {
    return run(sql, async (statement, { tables, nowUs }) => {
      const byToken = new Map<number, string[]>();
      for (const [id, row] of statement.rows(tables.queue)) {
        if (row.state !== 'claimed' && row.state !== 'sending') continue;
        if (statement.get(tables.leases, String(row.token))) continue;
        byToken.set(row.token, [...(byToken.get(row.token) ?? []), id]);
      }
      let adopted = 0;
      for (const [token, deliveryIds] of byToken) {
        const lease = { token, workerId: 'nobody', untilUs: nowUs() - 1_000_000, deliveryIds };
        if (await statement.insert(tables.leases, String(token), lease)) adopted += 1;
      }
      return adopted;
    });
  }
}
