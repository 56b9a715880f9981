import { CLAIM_LEAD_MS } from '../../src/core/dispatch/claim-lead.js';
import { ClaimsRepository } from '../../src/modules/dispatch/persistence/claims.repository.js';
import { HousekeepingRepository } from '../../src/modules/dispatch/persistence/housekeeping.repository.js';
import { IntentsRepository } from '../../src/modules/dispatch/persistence/intents.repository.js';
import { LeasesRepository } from '../../src/modules/dispatch/persistence/leases.repository.js';
import { OutcomesRepository } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { LanesRepository } from '../../src/modules/rate-limit/index.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { claimedDelivery, dueDelivery, FILLED, idOf, sendingDelivery } from './million-rows.js';

/** A statement with what it may read. */
export interface PlannedStatement {
  readonly statement: string;
  readonly run: (sql: Sql) => Promise<unknown>;
  /** Indexes that it has to use. */
  readonly indexes: readonly string[];
  /** Rows of the large tables that it may fetch in all. */
  readonly most: number;
  /** Pages that it may look at. */
  readonly buffers: number;
  /** Rows that it finds, where that is known: a statement that finds nothing proves nothing. */
  readonly finds?: number;
}

const now = new Date();
const NOW = { us: now.getTime() * 1_000, text: now.toISOString() };
const PERMITS = 50;
/** Deliveries in a batch of the dispatcher. */
const BATCH = 200;

const many = <T>(count: number, make: (place: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

const CLAIMED = many(BATCH, claimedDelivery);
const SENDING = many(BATCH, sendingDelivery);
const BUSY = many(FILLED.busyChannels, (n) => ({ tenantId: idOf.tenant(n), channelId: idOf.channel(n) }));
const LANE = {
  state: { tatUs: 0, lastTakenUs: 0, day: null, sentToday: 0 },
  closedUntilUs: 0,
  expressClosedUntilUs: 0,
  closed: false,
};
const ENDED = { outcome: 'accepted', errorCode: null, errorMessage: null, durationMs: 1, attempt: 0 } as const;
const SENT = {
  ...ENDED,
  status: 'sent',
  agoMs: 0,
  address: null,
  content: null,
  variation: null,
  nicknameUsed: null,
  gatewayMessageId: null,
  gatewayResponse: null,
  remember: false,
} as const;
const AGAIN = { ...ENDED, state: 'pending', waitReason: 'retry', delayMs: 1_000, free: false } as const;
const FAILED = { doubted: false, status: 'failed', errorCode: null, errorMessage: null } as const;

const claims = new ClaimsRepository();
const housekeeping = new HousekeepingRepository();
const leases = new LeasesRepository();
const intents = new IntentsRepository();
const outcomes = new OutcomesRepository();
const lanes = new LanesRepository();

/** The statements of the dispatcher that are asked again and again. */
export const DISPATCH_STATEMENTS: readonly PlannedStatement[] = [
  {
    statement: 'dispatch-lock-lanes',
    run: (sql) => claims.lockLanes(sql, 50, []),
    indexes: ['channel_lanes_open'],
    most: 0,
    buffers: 300,
    finds: FILLED.busyChannels,
  },
  {
    // Each row of the queue once, with its row of the log; what is claimed or expired and stands before them too.
    statement: 'dispatch-candidates',
    run: (sql) =>
      claims.candidates(
        sql,
        BUSY.map((lane) => ({ ...lane, limited: PERMITS, express: PERMITS, leadMs: CLAIM_LEAD_MS })),
        NOW,
      ),
    indexes: ['delivery_queue_ready', 'delivery_queue_express', 'deliveries_pkey'],
    most: 2 * (FILLED.due + FILLED.expired + FILLED.claimed + FILLED.sending),
    buffers: 15_000,
  },
  {
    statement: 'dispatch-write-claim',
    run: (sql) =>
      claims.write(sql, {
        token: 1_000_000,
        workerId: idOf.run(1),
        leaseMs: 30_000,
        taken: many(BATCH, dueDelivery),
        reclaimedUncertain: [],
        deferred: many(BATCH / 2, (n) => ({ ...dueDelivery(BATCH + n), retryAtUs: NOW.us + 1_000_000 })),
        contacts: [],
      }),
    indexes: ['delivery_queue_pkey', 'deliveries_pkey'],
    most: 2 * BATCH,
    buffers: 6_000,
    finds: BATCH / 2,
  },
  {
    // What stands before the first row of a priority is held or too late.
    statement: 'dispatch-write-lanes',
    run: (sql) =>
      claims.writeLanes(
        sql,
        BUSY.map((lane) => ({ ...lane, ...LANE, leadMs: CLAIM_LEAD_MS })),
      ),
    indexes: ['delivery_queue_ready', 'delivery_queue_express', 'channel_lanes_pkey'],
    most: 2 * (FILLED.expired + FILLED.claimed + FILLED.sending),
    buffers: 5_000,
  },
  {
    statement: 'lanes-next-open',
    run: (sql) => lanes.nextOpenInMs(sql, []),
    indexes: ['channel_lanes_open'],
    most: 0,
    buffers: 20,
    finds: 1,
  },
  {
    statement: 'dispatch-expire',
    run: (sql) => housekeeping.expire(sql, 1_000),
    indexes: ['delivery_queue_expiry', 'delivery_queue_pkey', 'deliveries_pkey'],
    most: 3 * FILLED.expired,
    buffers: 15_000,
    finds: FILLED.expired,
  },
  {
    // Asks every idle lane, and of each only the beginning of its priorities.
    statement: 'dispatch-heal-lanes',
    run: (sql) => housekeeping.healLanes(sql),
    indexes: ['delivery_queue_ready'],
    most: 0,
    buffers: 40 * FILLED.idleChannels,
  },
  {
    // There is no index by time: there are as many leases as batches under way.
    statement: 'dispatch-lock-expired-leases',
    run: (sql) => leases.lockExpired(sql, 20),
    indexes: [],
    most: 0,
    buffers: 20,
  },
  {
    statement: 'dispatch-abandoned',
    run: (sql) =>
      leases.abandoned(sql, {
        token: CLAIMED[0]?.token ?? 0,
        workerId: idOf.run(1),
        tenantIds: CLAIMED.map((row) => row.tenantId),
        deliveryIds: CLAIMED.map((row) => row.deliveryId),
      }),
    indexes: ['delivery_queue_pkey', 'schedules_pkey'],
    most: 2 * BATCH,
    buffers: 3_000,
    finds: BATCH / FILLED.leases,
  },
  {
    statement: 'dispatch-intend',
    run: (sql) => intents.intend(sql, CLAIMED),
    indexes: ['delivery_queue_pkey', 'deliveries_pkey'],
    most: 3 * BATCH,
    buffers: 10_000,
    finds: BATCH,
  },
  {
    statement: 'dispatch-release',
    run: (sql) =>
      outcomes.release(
        sql,
        CLAIMED.map((row) => ({ ...row, delay: null })),
      ),
    indexes: ['delivery_queue_pkey'],
    most: BATCH,
    buffers: 8_000,
    finds: BATCH,
  },
  {
    statement: 'dispatch-finish-claimed',
    run: (sql) =>
      outcomes.finishClaimed(
        sql,
        CLAIMED.map((row) => ({ ...row, ...FAILED })),
      ),
    indexes: ['delivery_queue_pkey', 'deliveries_pkey'],
    most: 2 * BATCH,
    buffers: 14_000,
    finds: BATCH,
  },
  {
    statement: 'dispatch-finish-sending',
    run: (sql) =>
      outcomes.finishSending(
        sql,
        SENDING.map((row) => ({ ...row, ...SENT })),
      ),
    indexes: ['delivery_queue_pkey', 'deliveries_pkey'],
    most: 3 * BATCH,
    buffers: 12_000,
    finds: BATCH,
  },
  {
    statement: 'dispatch-wait-again',
    run: (sql) =>
      outcomes.waitAgain(
        sql,
        SENDING.map((row) => ({ ...row, ...AGAIN })),
      ),
    indexes: ['delivery_queue_pkey', 'deliveries_pkey'],
    most: 3 * BATCH,
    buffers: 12_000,
    finds: BATCH,
  },
];
