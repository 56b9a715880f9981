import { Injectable } from '@nestjs/common';
import { decideSuppression } from '../../../core/dispatch/decide-send.js';
import { isPermitAlive } from '../../../core/dispatch/permit-life.js';
import { openingHoursOf } from '../../../core/openings/sending-hours.js';
import { laneDay } from '../../../core/rate-limit/lane-day.js';
import { Clock } from '../../../platform/clock/clock.js';
import { LastStatements } from '../../../platform/database/in-transaction.js';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { Announcements } from './announcements.js';
import { IntentsRepository, type ChannelGate } from '../persistence/intents.repository.js';
import type { ClaimedOutcome, Release } from '../persistence/outcomes.repository.js';
import { identified } from '../persistence/status-change.js';
import type { IntendedDelivery, PreparedDelivery } from '../dispatch-types.js';

/** What became of a batch that was about to be sent. */
export interface IntentResult {
  /** Committed: these and only these may be called. */
  readonly intended: readonly IntendedDelivery[];
  /** Refused by a gate: still held, to be given back. */
  readonly released: readonly Release[];
  /** Refused because of an opt-out, a cancel or a deadline; of the last two the guards of the write decide which. */
  readonly finished: readonly ClaimedOutcome[];
}

/**
 * The durable intent: before a gateway is called, a committed row says that it will be. A pause or a cancel that
 * committed first wins here; one that comes later is too late for these deliveries, and honestly so.
 */
@Injectable()
export class Intents {
  constructor(
    private readonly database: WorkerDatabase,
    private readonly repository: IntentsRepository,
    private readonly announcements: Announcements,
    private readonly clock: Clock,
  ) {}

  /**
   * What has waited too long since its claim is given back. Throws when the commit is not known: then nothing of the
   * batch may be called unless a repetition (`isRepeat`) finds out; otherwise the reaper settles it.
   */
  async commit(
    batch: readonly PreparedDelivery[],
    workerId: string,
    leaseMs: number,
    isRepeat = false,
  ): Promise<IntentResult> {
    const nowMs = this.clock.monotonicMs();
    const isFresh = (delivery: PreparedDelivery): boolean => isPermitAlive(delivery.claimedAtMs, nowMs);
    // Of a repeated batch some may be intended already: those are not given back, and not called either when they are old.
    const fresh = isRepeat ? batch : batch.filter(isFresh);
    const stale = isRepeat ? [] : batch.filter((delivery) => !isFresh(delivery));
    const result = fresh.length === 0 ? NOTHING : await this.commitFresh(fresh, workerId, leaseMs, isRepeat);
    return { ...result, released: [...result.released, ...stale.map(givenBack)] };
  }

  private async commitFresh(
    batch: readonly PreparedDelivery[],
    workerId: string,
    leaseMs: number,
    isRepeat: boolean,
  ): Promise<IntentResult> {
    const byId = new Map(batch.map((delivery) => [delivery.deliveryId, delivery]));
    const outcome = await this.database.transaction(async (tx) => {
      const tokens = [...new Set(batch.map((delivery) => delivery.token))];
      // One round trip: each takes its locks in this order, whatever the others find.
      const [kept, scheduleGates, channelGates, shutContacts] = await Promise.all([
        this.repository.extendLeases(tx, tokens, workerId, leaseMs),
        this.repository.scheduleGates(
          tx,
          keys(batch, (delivery) => delivery.scheduleId),
        ),
        this.repository.channelGates(
          tx,
          keys(batch, (delivery) => delivery.channelId),
        ),
        this.repository.shutContacts(
          tx,
          keys(batch, (delivery) => delivery.contactId),
        ),
      ]);
      const ours = batch.filter((delivery) => kept.has(delivery.token));
      const begun = isRepeat && ours.length > 0 ? await this.repository.begun(tx, ours) : [];
      const begunIds = new Set(begun.map((row) => row.deliveryId));
      const mine = ours.filter((delivery) => !begunIds.has(delivery.deliveryId));
      const schedules = new Map(scheduleGates.map((gate) => [gate.id, gate.status]));
      const sending = new Set(channelGates.filter(sendsNow).map((gate) => gate.id));
      const passing = mine.filter(
        (delivery) => isOpen(schedules.get(delivery.scheduleId)) && sending.has(delivery.channelId),
      );
      const refusals = new Map(shutContacts.map((contact) => [contact.id, decideSuppression(contact)]));
      const open = passing.filter((delivery) => refusals.get(delivery.contactId) === undefined);
      const intending = open.length === 0 ? Promise.resolve([]) : this.repository.intend(tx, open);
      return new LastStatements(
        intending.then((changed) => ({
          mine,
          schedules,
          passing,
          refusals,
          open,
          changes: [...begun, ...changed],
        })),
      );
    });
    const { mine, schedules, passing, refusals, open, changes } = outcome;
    this.announcements.changed(identified(changes, byId), 'PENDING', 'SENDING');
    const moved = new Set(changes.map((row) => row.deliveryId));
    const shut = mine.filter((delivery) => !passing.includes(delivery));
    return {
      intended: changes.flatMap((row) => {
        const delivery = byId.get(row.deliveryId);
        return delivery ? [{ ...delivery, attempt: row.attempt }] : [];
      }),
      released: shut
        .filter((delivery) => schedules.get(delivery.scheduleId) !== 'CANCELLED')
        .map((delivery) => ({
          ...held(delivery),
          delay: schedules.get(delivery.scheduleId) === 'PAUSED' ? ('parked' as const) : null,
        })),
      finished: [
        ...passing.flatMap((delivery) => {
          const refusal = refusals.get(delivery.contactId);
          return refusal ? [finish(delivery, 'suppressed', refusal.code, refusal.message)] : [];
        }),
        ...shut
          .filter((delivery) => schedules.get(delivery.scheduleId) === 'CANCELLED')
          .map((delivery) => finish(delivery, 'cancelled', 'SCHEDULE_CANCELLED', 'The schedule was cancelled.')),
        ...open
          .filter((delivery) => !moved.has(delivery.deliveryId))
          .flatMap((delivery) => [
            finish(delivery, 'cancelled', null, null),
            finish(delivery, 'expired', 'EXPIRED', 'It became too late to be worth sending.'),
          ]),
      ],
    };
  }
}

const NOTHING: IntentResult = { intended: [], released: [], finished: [] };

/** Final statuses stay open: deliveries of a finished schedule may have been reopened by a person. */
function isOpen(scheduleStatus: string | undefined): boolean {
  return scheduleStatus !== undefined && scheduleStatus !== 'PAUSED' && scheduleStatus !== 'CANCELLED';
}

/** A text may have waited for a free call until its channel's hours were over. */
function sendsNow(channel: ChannelGate): boolean {
  return channel.status === 'ACTIVE' && laneDay(openingHoursOf(channel), channel.nowUs).opensAtUs <= channel.nowUs;
}

function givenBack(delivery: PreparedDelivery): Release {
  return { ...held(delivery), delay: null };
}

function held({ tenantId, deliveryId, token }: PreparedDelivery) {
  return { tenantId, deliveryId, token };
}

function finish(
  delivery: PreparedDelivery,
  status: ClaimedOutcome['status'],
  errorCode: string | null,
  errorMessage: string | null,
): ClaimedOutcome {
  return { ...held(delivery), doubted: delivery.doubted, status, errorCode, errorMessage };
}

function keys(
  batch: readonly PreparedDelivery[],
  idOf: (delivery: PreparedDelivery) => string,
): { tenantId: string; id: string }[] {
  return [
    ...new Map(batch.map((delivery) => [idOf(delivery), { tenantId: delivery.tenantId, id: idOf(delivery) }])).values(),
  ];
}
