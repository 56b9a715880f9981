import type {
  ClaimedOutcome,
  FinalOutcome,
  OutcomesRepository,
  Release,
  AttemptEnd,
  WaitingOutcome,
} from '../../../src/modules/dispatch/persistence/outcomes.repository.js';
import type { StatusChangeRow } from '../../../src/modules/dispatch/persistence/status-change.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { run } from './model-database.js';
import { attemptKey, type ModelDelivery, type ModelQueueRow, type ModelTables } from './model-rows.js';
import type { ModelStatement } from './model-statement.js';
import { changeOfDelivery, changeOfQueue, endDelivery, wakeLanesOf } from './model-words.js';

/** The statements of persistence/outcomes.repository.ts. */
export class ModelOutcomes implements Pick<OutcomesRepository, keyof OutcomesRepository> {
  finishSending(sql: Sql, outcomes: readonly FinalOutcome[]): Promise<StatusChangeRow[]> {
    return run(sql, async (statement, { tables, nowUs }) => {
      await finishAttempts(statement, tables, outcomes, nowUs());
      const changes: StatusChangeRow[] = [];
      for (const outcome of outcomes) {
        const [gone] = await statement.remove(tables.queue, [outcome.deliveryId], heldBy(outcome, 'sending'));
        if (!gone) continue;
        if (outcome.remember && outcome.gatewayMessageId !== null) {
          const key = `${gone.channelId}/${outcome.gatewayMessageId}`;
          await statement.insert(tables.gatewayMessages, key, { deliveryId: gone.deliveryId });
        }
        const { status, gatewayMessageId, errorCode, agoMs } = outcome;
        const atUs = nowUs();
        const [ended] = await endDelivery(
          statement,
          tables,
          { ...gone, attempt: outcome.attempt },
          {
            status,
            errorCode,
            ...(status === 'sent' ? { sentUs: atUs - agoMs * 1_000 } : {}),
            failedUs: status === 'failed' ? atUs : null,
            ...(gatewayMessageId === null ? {} : { gatewayMessageId }),
          },
        );
        if (ended) changes.push(changeOfDelivery(ended));
      }
      return changes;
    });
  }

  settleLate(sql: Sql, outcomes: readonly FinalOutcome[]): Promise<StatusChangeRow[]> {
    return run(sql, async (statement, { tables, nowUs }) => {
      const changes: StatusChangeRow[] = [];
      for (const { deliveryId, attempt, gatewayMessageId } of outcomes) {
        const isIt = (row: ModelQueueRow): boolean => row.state === 'uncertain' && row.attempt === attempt;
        const [gone] = await statement.remove(tables.queue, [deliveryId], isIt);
        const isQueued = statement.get(tables.queue, deliveryId) !== null;
        const settled = await statement.update(
          tables.deliveries,
          [deliveryId],
          (row) => row.status === 'uncertain' && (gone !== undefined || (row.attempt === attempt && !isQueued)),
          (row): ModelDelivery => ({
            ...row,
            status: 'sent',
            version: row.version + (gone?.version ?? 0) + 1,
            attempt,
            needsAttention: false,
            sentUs: nowUs(),
            gatewayMessageId,
            errorCode: null,
          }),
        );
        changes.push(...settled.map(changeOfDelivery));
      }
      return changes;
    });
  }

  waitAgain(sql: Sql, outcomes: readonly WaitingOutcome[]): Promise<StatusChangeRow[]> {
    return run(sql, async (statement, { tables, nowUs }) => {
      await finishAttempts(statement, tables, outcomes, nowUs());
      const waiting: ModelQueueRow[] = [];
      for (const outcome of outcomes) {
        const rows = await statement.update(
          tables.queue,
          [outcome.deliveryId],
          heldBy(outcome, 'sending'),
          (row): ModelQueueRow => ({
            ...row,
            state: outcome.state,
            waitReason: outcome.waitReason,
            token: 0,
            version: row.version + 1,
            readyUs: nowUs() + outcome.delayMs * 1_000,
            attemptsBefore: row.attemptsBefore + (outcome.free ? 1 : 0),
            errorCode: outcome.errorCode,
          }),
        );
        waiting.push(...rows);
      }
      await statement.update(
        tables.deliveries,
        waiting.filter((row) => row.state === 'uncertain').map((row) => row.deliveryId),
        () => true,
        (row): ModelDelivery => ({ ...row, status: 'uncertain', needsAttention: true }),
      );
      await wakeLanesOf(statement, tables, waiting);
      return waiting.flatMap((row) => changeOfQueue(statement, tables, row));
    });
  }

  finishClaimed(sql: Sql, outcomes: readonly ClaimedOutcome[]): Promise<(StatusChangeRow & { status: string })[]> {
    return run(sql, async (statement, { tables, nowUs }) => {
      const changes: (StatusChangeRow & { status: string })[] = [];
      for (const outcome of outcomes) {
        const { deliveryId, status: wanted, errorCode, doubted } = outcome;
        const status = doubted && (wanted === 'failed' || wanted === 'expired') ? 'uncertain' : wanted;
        const isIt = (row: ModelQueueRow): boolean =>
          heldBy(outcome, 'claimed')(row) &&
          (wanted !== 'cancelled' || row.cancelRequested || errorCode !== null) &&
          (wanted !== 'expired' || (row.expiresUs !== null && row.expiresUs <= nowUs()));
        const [gone] = await statement.remove(tables.queue, [deliveryId], isIt);
        if (!gone) continue;
        const failedUs = status === 'failed' ? nowUs() : null;
        const ended = await endDelivery(statement, tables, gone, { status, errorCode, failedUs });
        changes.push(...ended.map((row) => ({ ...changeOfDelivery(row), status: row.status })));
      }
      return changes;
    });
  }

  release(sql: Sql, releases: readonly Release[]): Promise<string[]> {
    return run(sql, async (statement, { tables, nowUs }) => {
      const released: ModelQueueRow[] = [];
      for (const release of releases) {
        const { delay } = release;
        const rows = await statement.update(
          tables.queue,
          [release.deliveryId],
          heldBy(release, 'claimed'),
          (row): ModelQueueRow => ({
            ...row,
            state: 'pending',
            token: 0,
            parkedUs: delay === 'parked' ? row.readyUs : row.parkedUs,
            waitReason: delay === 'parked' ? 'paused' : row.waitReason,
            readyUs: delay === 'parked' ? Infinity : delay === null ? row.readyUs : nowUs() + delay * 1_000,
          }),
        );
        released.push(...rows);
      }
      await wakeLanesOf(statement, tables, released);
      return released.map((row) => row.deliveryId);
    });
  }
}

async function finishAttempts(
  statement: ModelStatement,
  tables: ModelTables,
  ends: readonly AttemptEnd[],
  nowUs: number,
): Promise<void> {
  for (const { deliveryId, attempt, token, outcome } of ends) {
    await statement.update(
      tables.attempts,
      [attemptKey(deliveryId, attempt)],
      (row) => row.token === token && row.finishedUs === null,
      (row) => ({ ...row, finishedUs: nowUs, outcome }),
    );
  }
}

function heldBy({ token }: { readonly token: number }, state: ModelQueueRow['state']) {
  return (row: ModelQueueRow): boolean => row.state === state && row.token === token;
}
