import { bufferFor, intentsAhead, nextAverage, roomWorthClaiming } from '../../../core/dispatch/flow-control.js';
import type { IntendedDelivery, PreparedDelivery } from '../dispatch-types.js';

/** Assumed until the first call has been seen: slow enough that no more is held than can be called at once. */
const FIRST_AVERAGE_MS = 1_000;

/** Assumed until the channel's gateway is open. */
const UNKNOWN_CONCURRENCY = 20;

/**
 * One channel in this process: what is held for it, from the claim to the recorded outcome, and how much of that may be
 * where. It only counts and decides; the dispatcher moves the deliveries.
 */
export class ChannelPump {
  /** Claimed and not settled yet, wherever they are. */
  held = 0;
  /** In a call at this moment. */
  calling = 0;
  /** Being written as intents. */
  intending = 0;
  private readonly prepared: PreparedDelivery[] = [];
  private readonly intended: IntendedDelivery[] = [];
  private averageCallMs = FIRST_AVERAGE_MS;
  private callsSeen = 0;
  private maxConcurrentCalls = UNKNOWN_CONCURRENCY;

  constructor(readonly channelId: string) {}

  set concurrency(maxConcurrentCalls: number) {
    this.maxConcurrentCalls = maxConcurrentCalls;
  }

  /** How many more deliveries may be claimed for the channel. */
  get room(): number {
    return Math.max(0, bufferFor(this.maxConcurrentCalls, this.averageCallMs) - this.held);
  }

  /** Claiming again would not pay yet. */
  get isFull(): boolean {
    return this.room < roomWorthClaiming(this.maxConcurrentCalls, this.averageCallMs);
  }

  addPrepared(deliveries: readonly PreparedDelivery[]): void {
    this.prepared.push(...deliveries);
  }

  addIntended(delivery: IntendedDelivery): void {
    this.intended.push(delivery);
  }

  /** Deliveries whose intent should be written now. */
  takeForIntent(): PreparedDelivery[] {
    const ahead = intentsAhead(this.maxConcurrentCalls, this.averageCallMs);
    const wanted = this.maxConcurrentCalls + ahead - this.calling - this.intended.length - this.intending;
    return wanted <= 0 ? [] : this.prepared.splice(0, wanted);
  }

  /** The next delivery to call for, when a call is free. */
  takeForCall(): IntendedDelivery | undefined {
    return this.calling < this.maxConcurrentCalls ? this.intended.shift() : undefined;
  }

  /** Everything that has no intent yet, to give back. */
  takePrepared(): PreparedDelivery[] {
    return this.prepared.splice(0);
  }

  /** Everything with an intent that is not in a call, to give back. */
  takeIntended(): IntendedDelivery[] {
    return this.intended.splice(0);
  }

  noteCall(durationMs: number): void {
    this.callsSeen += 1;
    this.averageCallMs = nextAverage(this.averageCallMs, durationMs, this.callsSeen);
  }
}
