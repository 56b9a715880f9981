import type {
  DeliveryKey,
  EventReference,
  GatewayMessage,
  NewProviderEvent,
  ProviderEventsRepository,
  StoredEvent,
  WaitingEvent,
} from '../../../src/modules/delivery-logs/persistence/provider-events.repository.js';
import type {
  LockedLog,
  QueueRow,
  ReceiptsRepository,
  ReceiptWrite,
  ReceiptWritten,
} from '../../../src/modules/delivery-logs/persistence/receipts.repository.js';
import { newId } from '../../../src/platform/database/ids.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { run } from './model-database.js';
import { attemptKey, sortedIds, TENANT, type ModelProviderEvent } from './model-rows.js';

/** The statements of persistence/provider-events.repository.ts. */
export class ModelProviderEvents implements Pick<ProviderEventsRepository, keyof ProviderEventsRepository> {
  match(sql: Sql, references: readonly EventReference[]): Promise<Map<number, string>> {
    return run(sql, (statement, { tables }) => {
      const found = new Map<number, string>();
      for (const [place, { channelId, deliveryId, gatewayMessageId }] of references.entries()) {
        const own = deliveryId === null ? null : statement.get(tables.deliveries, deliveryId);
        const known = statement.get(tables.gatewayMessages, `${channelId}/${gatewayMessageId}`);
        if (own?.channelId === channelId) found.set(place, own.id);
        else if (known) found.set(place, known.deliveryId);
      }
      return found;
    });
  }

  insert(tx: Sql, events: readonly NewProviderEvent[], isApplied: (event: NewProviderEvent) => boolean): Promise<void> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const inOrder = [...events].sort((a, b) => (eventKey(a) < eventKey(b) ? -1 : 1));
      for (const event of inOrder) {
        const { channelId, deliveryId, gatewayMessageId, kind, occurredAt } = event;
        await statement.insert(tables.events, eventKey(event), {
          id: newId(),
          channelId,
          eventKey: event.eventKey,
          deliveryId,
          gatewayMessageId,
          kind,
          occurredUs: occurredAt.getTime() * 1_000,
          receivedUs: nowUs(),
          isApplied: isApplied(event),
        });
      }
    });
  }

  eventsOf(sql: Sql, deliveries: readonly DeliveryKey[]): Promise<StoredEvent[]> {
    return run(sql, (statement, { tables }) => {
      const wanted = new Set(deliveries.map((key) => key.deliveryId));
      const lastBegun = (deliveryId: string): number => {
        const attempt =
          statement.get(tables.queue, deliveryId)?.attempt ?? statement.get(tables.deliveries, deliveryId)?.attempt;
        return statement.get(tables.attempts, attemptKey(deliveryId, attempt ?? 0))?.startedUs ?? -Infinity;
      };
      return statement.rows(tables.events).flatMap(([, row]): StoredEvent[] => {
        const { deliveryId, kind, gatewayMessageId } = row;
        if (deliveryId === null || !wanted.has(deliveryId)) return [];
        const isAboutAttempt = (kind === 'SENT' || kind === 'FAILED') && gatewayMessageId === null;
        return [
          {
            tenantId: TENANT,
            deliveryId,
            id: row.id,
            kind,
            occurredAt: new Date(row.occurredUs / 1_000),
            gatewayMessageId,
            errorCode: null,
            errorMessage: null,
            isWaiting: !row.isApplied,
            isOfEarlierCall: isAboutAttempt && row.receivedUs < lastBegun(deliveryId),
          },
        ];
      });
    });
  }

  withWaitingEvents(sql: Sql, deliveries: readonly DeliveryKey[]): Promise<DeliveryKey[]> {
    return run(sql, (statement, { tables }) => {
      const waiting = new Set(
        statement.rows(tables.events).flatMap(([, row]) => (row.isApplied ? [] : [row.deliveryId])),
      );
      return deliveries.filter((key) => waiting.has(key.deliveryId));
    });
  }

  markApplied(tx: Sql, events: readonly { readonly id: string }[]): Promise<void> {
    return run(tx, async (statement, { tables }) => {
      const ids = new Set(events.map((event) => event.id));
      const keys = statement
        .rows(tables.events)
        .filter(([, row]) => ids.has(row.id))
        .map(([key]) => key);
      await statement.update(
        tables.events,
        keys,
        (row) => !row.isApplied,
        (row) => ({ ...row, isApplied: true }),
      );
    });
  }

  waiting(
    sql: Sql,
    matchedForS: number,
    unmatchedForS: number,
    after: WaitingEvent | null,
    limit: number,
  ): Promise<WaitingEvent[]> {
    return run(sql, (statement, { tables, nowUs }) =>
      statement
        .rows(tables.events)
        .map(([, row]) => row)
        .filter((row) => !row.isApplied)
        .filter((row) => row.receivedUs > nowUs() - (row.deliveryId === null ? unmatchedForS : matchedForS) * 1_000_000)
        .filter((row) => after === null || isAfter(row, after))
        .sort((a, b) => a.receivedUs - b.receivedUs || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(({ id, deliveryId, receivedUs }) => ({
          tenantId: TENANT,
          id,
          deliveryId,
          receivedAt: String(receivedUs),
        })),
    );
  }

  rematch(sql: Sql, events: readonly WaitingEvent[]): Promise<DeliveryKey[]> {
    return run(sql, async (statement, { tables }) => {
      const ids = new Set(events.map((event) => event.id));
      const found: DeliveryKey[] = [];
      for (const [key, row] of statement.rows(tables.events)) {
        const known = statement.get(tables.gatewayMessages, `${row.channelId}/${row.gatewayMessageId}`);
        if (!ids.has(row.id) || !known) continue;
        const matched = await statement.update(
          tables.events,
          [key],
          (event) => event.deliveryId === null,
          (event) => ({ ...event, deliveryId: known.deliveryId }),
        );
        if (matched.length > 0) found.push({ tenantId: TENANT, deliveryId: known.deliveryId });
      }
      return found;
    });
  }

  deleteUnmatched(): Promise<number> {
    return Promise.resolve(0);
  }

  rememberGatewayMessages(_sql: Sql, _messages: readonly GatewayMessage[]): Promise<void> {
    return Promise.reject(new Error('no service of the model asks for it'));
  }
}

/** The statements of persistence/receipts.repository.ts. */
export class ModelReceipts implements Pick<ReceiptsRepository, keyof ReceiptsRepository> {
  lockLogs(tx: Sql, deliveries: readonly DeliveryKey[]): Promise<LockedLog[]> {
    return run(tx, async (statement, { tables }) => {
      const ids = sortedIds(deliveries.map((key) => key.deliveryId));
      const locked = await statement.lock(tables.deliveries, ids, () => true, { skipLocked: true });
      return locked.map(([deliveryId, row]) => ({
        tenantId: TENANT,
        deliveryId,
        scheduleId: row.scheduleId,
        runId: row.runId,
        channelId: row.channelId,
        contactId: row.contactId,
        status: row.status,
        sentAt: date(row.sentUs),
        deliveredAt: date(row.deliveredUs),
        readAt: date(row.readUs),
        failedAt: date(row.failedUs),
        gatewayMessageId: row.gatewayMessageId,
        errorCode: row.errorCode,
        errorMessage: null,
      }));
    });
  }

  queued(tx: Sql, deliveries: readonly DeliveryKey[]): Promise<QueueRow[]> {
    return run(tx, (statement, { tables }) =>
      deliveries.flatMap(({ deliveryId }): QueueRow[] => {
        const row = statement.get(tables.queue, deliveryId);
        return row ? [{ tenantId: TENANT, deliveryId, state: row.state, waitReason: row.waitReason }] : [];
      }),
    );
  }

  lockQueued(tx: Sql, deliveries: readonly DeliveryKey[]): Promise<QueueRow[]> {
    return run(tx, async (statement, { tables }) => {
      const ids = sortedIds(deliveries.map((key) => key.deliveryId));
      const locked = await statement.lock(tables.queue, ids, () => true, { skipLocked: true });
      return locked.map(([deliveryId, { state, waitReason }]) => ({ tenantId: TENANT, deliveryId, state, waitReason }));
    });
  }

  write(tx: Sql, writes: readonly ReceiptWrite[]): Promise<ReceiptWritten[]> {
    return run(tx, async (statement, { tables, nowUs }) => {
      const written: ReceiptWritten[] = [];
      for (const write of writes) {
        const { deliveryId, status } = write;
        const [gone] = write.leavesQueue ? await statement.remove(tables.queue, [deliveryId], () => true) : [];
        const changed = await statement.update(
          tables.deliveries,
          [deliveryId],
          () => true,
          (row) => ({
            ...row,
            status,
            sentUs: row.sentUs ?? micros(write.sentAt),
            deliveredUs: micros(write.deliveredAt),
            readUs: micros(write.readAt),
            failedUs: write.failedAt === null ? null : (row.failedUs ?? micros(write.failedAt)),
            gatewayMessageId: row.gatewayMessageId ?? write.gatewayMessageId,
            errorCode: write.errorCode,
            needsAttention: status === 'failed' || status === 'uncertain' || status === 'expired',
            version: row.version + (gone?.version ?? 0) + 1,
            attempt: gone?.attempt ?? row.attempt,
          }),
        );
        const at = new Date(nowUs() / 1_000);
        written.push(...changed.map(({ version }) => ({ tenantId: TENANT, deliveryId, version, at })));
      }
      return written;
    });
  }
}

function eventKey({ channelId, eventKey: key }: { readonly channelId: string; readonly eventKey: string }): string {
  return `${channelId}/${key}`;
}

function isAfter(row: ModelProviderEvent, after: WaitingEvent): boolean {
  const afterUs = Number(after.receivedAt);
  return row.receivedUs > afterUs || (row.receivedUs === afterUs && row.id > after.id);
}

function date(us: number | null): Date | null {
  return us === null ? null : new Date(us / 1_000);
}

function micros(at: Date | null): number | null {
  return at === null ? null : at.getTime() * 1_000;
}
