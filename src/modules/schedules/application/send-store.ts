import { Injectable } from '@nestjs/common';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import type { DeliveryGuarantee } from '../../../core/scheduling/schedule-words.js';
import type { Tx } from '../../../platform/database/database.js';
import { newId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { MadeDelivery } from '../persistence/materialising.repository.js';
import type { RunKey } from '../persistence/run-key.js';
import type { NewSchedule } from '../persistence/schedules.repository.js';
import { databaseNow } from './database-now.js';
import { searchTextOf } from './schedule-columns.js';
import type { ScheduleRow } from './schedule-rows.js';
import { ScheduleWriter } from './schedule-writer.js';
import { SendOutbox } from './send-outbox.js';

/** What a message that was sent at once became. */
export interface SentMessage {
  readonly schedule: ScheduleRow;
  /** In the order of the recipients, each number once. */
  readonly deliveryIds: readonly string[];
}

/** A message that is sent at once, with everything that is chosen for it. */
export interface Sending {
  readonly name: string;
  readonly messageId: string;
  readonly channelId: string;
  readonly timeZone: string;
  readonly retryPolicy: RetryPolicy;
  readonly requestHash: Buffer;
  readonly priority: number;
  readonly useNicknames: boolean;
  readonly respectRateLimit: boolean;
  readonly guarantee: DeliveryGuarantee;
  readonly clientMessageId: string | null;
  readonly isTest: boolean;
}

/** What a transaction stored of a message. */
export interface StoredSending {
  readonly schedule: ScheduleRow;
  readonly run: RunKey;
  readonly made: readonly MadeDelivery[];
}

/** Stores what is sent at once: an IMMEDIATE schedule, its run and all its deliveries, in one transaction. */
@Injectable()
export class SendStore {
  constructor(
    private readonly writer: ScheduleWriter,
    private readonly outbox: SendOutbox,
  ) {}

  async store(tx: Tx, scope: TenantScope, sending: Sending, contactIds: readonly string[]): Promise<StoredSending> {
    const now = await databaseNow(tx);
    const run = { tenantId: scope.tenantId, scheduleId: newId(), runId: newId() };
    const columns: NewSchedule = { ...columnsOf(sending, now), id: run.scheduleId, createdBy: scope.actor };
    const firstRun = { runId: run.runId, dueAt: now, isMaterialised: true };
    const [schedule, made] = await Promise.all([
      this.writer.store(tx, scope, columns, { contactIds, groupIds: [] }, firstRun),
      this.outbox.fill(tx, run, sending.channelId, contactIds),
    ]);
    return { schedule, run, made };
  }

  /** Tells, after commit, that there is something to send, and answers with it. */
  announced({ schedule, run, made }: StoredSending): SentMessage {
    this.outbox.announce(run, schedule.channelId, made);
    return { schedule, deliveryIds: made.map((delivery) => delivery.id) };
  }

  /** The answer for what was sent before. */
  async again(scope: TenantScope, schedule: ScheduleRow): Promise<SentMessage> {
    return { schedule, deliveryIds: await this.outbox.deliveryIds(scope, schedule.id) };
  }
}

function columnsOf(sending: Sending, now: number) {
  return {
    ...sending,
    description: null,
    searchText: searchTextOf(sending.name, null),
    type: 'IMMEDIATE' as const,
    status: 'PROCESSING' as const,
    scheduledAt: null,
    cronExpression: null,
    startsAt: null,
    endsAt: null,
    maxRuns: null,
    misfirePolicy: 'LATEST' as const,
    misfireGraceSeconds: null,
    expiresAfterSeconds: null,
    clientReference: null,
    campaign: null,
    perContactTimeZone: false,
    conversationId: null,
    privateNote: false,
    nextRunAt: null,
    lastRunAt: new Date(now),
    runCount: 1,
  };
}
