import { Injectable } from '@nestjs/common';
import { errorFacts, Logger } from '../../../platform/logging/logger.js';
import { Clock } from '../../../platform/clock/clock.js';
import { BatchWriter } from './batch-writer.js';
import { ChannelPump } from './channel-pump.js';
import type { Claim } from './claimer.js';
import type { Facts } from '../persistence/facts.repository.js';
import type { ClaimedDelivery, IntendedDelivery, PreparedDelivery } from '../dispatch-types.js';
import { Intents } from './intents.js';
import { LeaseCounts } from './lease-counts.js';
import { NotYetDue } from './not-yet-due.js';
import { Preparer } from './preparer.js';
import { Sender } from './sender.js';
import { Settlement, type Settled } from './settlement.js';

/** Deliveries that this process holds at most, over all channels, give or take a claim. */
const HELD_AT_MOST = 2_000;

const INTENTS_PER_BATCH = 500;

/** Of a flood, the intents of about so long share a transaction; less than what {@link intentsAhead} reckons with. */
const INTENTS_PAUSE_MS = 10;

/** Intents are tried this often; what is then not known belongs to the reaper. */
const INTENT_TRIES = 3;

/**
 * From the claim to the recorded outcome: prepare, intend, call, record. A delivery is in exactly one stage; each stage
 * hands it on or ends its hold.
 */
@Injectable()
export class Pipeline {
  private readonly pumps = new Map<string, ChannelPump>();
  private readonly intentWriter: BatchWriter<PreparedDelivery>;
  private readonly notYetDue: NotYetDue;
  private readonly leases = new LeaseCounts();
  private listener: () => void = () => undefined;
  private workerId = '';
  private held = 0;
  private stopping = false;
  /** What the last claim passed over for want of room. */
  private leftOut = new Set<string>();
  private stoppedForRoom = false;
  private readonly preparing = new Set<Promise<void>>();
  private readonly calling = new Set<Promise<void>>();

  constructor(
    private readonly preparer: Preparer,
    private readonly intents: Intents,
    private readonly sender: Sender,
    private readonly settlement: Settlement,
    clock: Clock,
    private readonly logger: Logger,
  ) {
    this.notYetDue = new NotYetDue(clock, (due) => this.proceed(due));
    this.intentWriter = new BatchWriter({
      name: 'intents',
      maxBatch: INTENTS_PER_BATCH,
      pauseMs: INTENTS_PAUSE_MS,
      // Two batches of one claim would wait for each other, because both lock its lease.
      maxConcurrent: 1,
      tries: INTENT_TRIES,
      logger,
      write: (batch, isRepeat) => this.intend(batch, isRepeat),
      giveUp: (batch) => this.forget(batch),
    });
    settlement.onSettled((settled) => this.letGo(settled, true));
    settlement.onAbandoned((abandoned) => this.letGo(abandoned, false));
  }

  /** Whose leases these are. */
  identify(workerId: string): void {
    this.workerId = workerId;
  }

  /** Called when there is room again where there was none. */
  onRoom(listener: () => void): void {
    this.listener = listener;
  }

  /** How many more deliveries can be claimed for a channel. */
  roomFor(channelId: string): number {
    return Math.max(0, Math.min(this.pump(channelId).room, HELD_AT_MOST - this.held));
  }

  /** Channels for which claiming would bring little or nothing; when that changes, {@link onRoom} is told. */
  fullChannels(): string[] {
    const full = [...this.pumps.values()].filter((pump) => pump.isFull).map((pump) => pump.channelId);
    this.leftOut = new Set(full);
    return full;
  }

  get isFull(): boolean {
    return this.held >= HELD_AT_MOST;
  }

  /** Claiming has stopped because nothing more can be held at all; {@link onRoom} is told when that changes. */
  awaitRoom(): void {
    this.stoppedForRoom = true;
  }

  /** Takes over what was claimed under a lease. */
  accept({ token, taken: batch, facts }: Claim): void {
    if (batch.length === 0) return;
    this.leases.begin(token, batch.length);
    this.held += batch.length;
    for (const delivery of batch) this.pump(delivery.channelId).held += 1;
    const done = this.prepare(batch, facts)
      .catch((error: unknown) => {
        this.logger.error('dispatch.prepare-failed', { count: batch.length, ...errorFacts(error) });
        this.giveBack(batch, PREPARE_RETRY_MS);
      })
      .finally(() => this.preparing.delete(done));
    this.preparing.add(done);
  }

  /** Finishes what is at the gateway, gives back the rest; resolves when nothing is held any more. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    await Promise.all(this.preparing);
    this.giveBack(this.notYetDue.takeAll(), null);
    for (const pump of this.pumps.values()) this.giveBack(pump.takePrepared(), null);
    await this.intentWriter.settled();
    for (const pump of this.pumps.values())
      this.settlement.record(pump.takeIntended().map((delivery) => this.sender.notCalled(delivery)));
    const timer = setTimeout(() => this.sender.abort(), graceMs);
    await Promise.all(this.calling);
    clearTimeout(timer);
    await this.settlement.settled();
    await this.sender.close();
  }

  private async prepare(batch: readonly ClaimedDelivery[], facts: Facts): Promise<void> {
    await this.sender.open(batch);
    const prepared = this.preparer.prepare(batch, facts);
    const channelOf = new Map(batch.map((delivery) => [delivery.deliveryId, delivery.channelId]));
    this.settlement.end([
      ...prepared.finished.map((outcome) => ({ ...heldOf(outcome, channelOf), finish: [outcome] })),
      ...prepared.released.map((release) => ({ ...heldOf(release, channelOf), release })),
    ]);
    if (this.stopping) return this.giveBack(prepared.ready, null);
    for (const channelId of new Set(channelOf.values())) {
      this.pump(channelId).concurrency = this.sender.maxConcurrentCalls(channelId) ?? 1;
    }
    this.notYetDue.add(prepared.ready);
    this.tellOfRoom();
  }

  private proceed(due: readonly PreparedDelivery[]): void {
    const touched = new Set<ChannelPump>();
    for (const delivery of due) {
      const pump = this.pump(delivery.channelId);
      pump.addPrepared([delivery]);
      touched.add(pump);
    }
    for (const pump of touched) this.advance(pump);
  }

  private async intend(batch: readonly PreparedDelivery[], isRepeat: boolean): Promise<void> {
    const result = await this.intents.commit(batch, this.workerId, this.sender.leaseMs(batch), isRepeat);
    for (const delivery of batch) this.pump(delivery.channelId).intending -= 1;
    const channelOf = new Map(batch.map((delivery) => [delivery.deliveryId, delivery.channelId]));
    const ended = new Map<
      string,
      { release?: (typeof result.released)[number]; finish?: (typeof result.finished)[number][] }
    >();
    for (const release of result.released) ended.set(release.deliveryId, { release });
    for (const outcome of result.finished) {
      const known = ended.get(outcome.deliveryId);
      if (known?.finish) known.finish.push(outcome);
      else ended.set(outcome.deliveryId, { finish: [outcome] });
    }
    const intended = new Set(result.intended.map((delivery) => delivery.deliveryId));
    const byId = new Map(batch.map((delivery) => [delivery.deliveryId, delivery]));
    this.settlement.end(
      [...ended].flatMap(([deliveryId, ending]) => {
        const delivery = byId.get(deliveryId);
        return delivery ? [{ ...heldOf(delivery, channelOf), ...ending }] : [];
      }),
    );
    // What is in neither is somebody else's by now.
    this.letGo(
      batch.filter((delivery) => !intended.has(delivery.deliveryId) && !ended.has(delivery.deliveryId)),
      false,
    );
    for (const delivery of result.intended) this.pump(delivery.channelId).addIntended(delivery);
    // Also where nothing was intended: what waits behind refused deliveries would otherwise never move.
    for (const channelId of new Set(channelOf.values())) this.advance(this.pump(channelId));
  }

  private advance(pump: ChannelPump): void {
    for (let next = pump.takeForCall(); next; next = pump.takeForCall()) this.call(pump, next);
    if (this.stopping) return;
    const batch = pump.takeForIntent();
    pump.intending += batch.length;
    this.intentWriter.add(batch);
  }

  private call(pump: ChannelPump, delivery: IntendedDelivery): void {
    pump.calling += 1;
    const done = this.sender.call(delivery).then((result) => {
      this.calling.delete(done);
      pump.calling -= 1;
      if (result.durationMs !== null) pump.noteCall(result.durationMs);
      this.settlement.record([result]);
      this.advance(pump);
    });
    this.calling.add(done);
  }

  private giveBack(deliveries: readonly ClaimedDelivery[], delay: number | null): void {
    this.settlement.end(
      deliveries.map(({ tenantId, deliveryId, token, channelId }) => ({
        tenantId,
        deliveryId,
        token,
        channelId,
        release: { tenantId, deliveryId, token, delay },
      })),
    );
  }

  /** Nobody knows whether the intents were committed: nothing is called, the reaper settles them. */
  private forget(batch: readonly PreparedDelivery[]): void {
    this.logger.error('dispatch.intents-unknown', { count: batch.length });
    for (const delivery of batch) this.pump(delivery.channelId).intending -= 1;
    this.letGo(batch, false);
    for (const channelId of new Set(batch.map((delivery) => delivery.channelId))) this.advance(this.pump(channelId));
  }

  /** `known`: the rows say what became of them. Otherwise their lease stays, so that the reaper finds them. */
  private letGo(deliveries: readonly Settled[], known: boolean): void {
    if (deliveries.length === 0) return;
    this.held -= deliveries.length;
    for (const { channelId } of deliveries) {
      const pump = this.pump(channelId);
      pump.held -= 1;
      if (pump.held === 0) this.pumps.delete(channelId);
    }
    const tokens = deliveries.map((delivery) => delivery.token);
    const over = this.leases.end(tokens, known);
    this.settlement.dropLeases(over);
    this.tellOfRoom();
  }

  /** Room comes with what is settled, and with learning that a gateway takes more calls or is faster than was thought. */
  private tellOfRoom(): void {
    const isFree = (channelId: string): boolean => !(this.pumps.get(channelId)?.isFull ?? false);
    const freed = this.stoppedForRoom ? !this.isFull : [...this.leftOut].some(isFree);
    if (!freed) return;
    this.leftOut.clear();
    this.stoppedForRoom = false;
    this.listener();
  }

  private pump(channelId: string): ChannelPump {
    const known = this.pumps.get(channelId);
    if (known) return known;
    const pump = new ChannelPump(channelId);
    const concurrency = this.sender.maxConcurrentCalls(channelId);
    if (concurrency !== undefined) pump.concurrency = concurrency;
    this.pumps.set(channelId, pump);
    return pump;
  }
}

/** Wait before a batch whose texts could not be read is tried again. */
const PREPARE_RETRY_MS = 1_000;

function heldOf(
  { tenantId, deliveryId, token }: { tenantId: string; deliveryId: string; token: number },
  channelOf: ReadonlyMap<string, string>,
): Settled {
  return { tenantId, deliveryId, token, channelId: channelOf.get(deliveryId) ?? '' };
}
