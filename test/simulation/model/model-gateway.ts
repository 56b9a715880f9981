import type { GatewayFactory, OpenGateway } from '../../../src/core/gateway/gateway-factory.js';
import type { SendCommand } from '../../../src/core/gateway/message-gateway.js';
import type { SendOutcome, StatusEvent, StatusEventKind } from '../../../src/core/gateway/send-outcome.js';
import { ok } from '../../../src/core/values/result.js';
import { isInTransaction } from './transaction-context.js';
import type { Owner, VirtualTime } from './virtual-time.js';

/** What a provider can do and how badly it behaves; shares of calls between 0 and 1. */
export interface ProviderHabits {
  readonly timeoutMs: number;
  /** An answer takes up to this long, which may be longer than anybody waits for it. */
  readonly answerMs: number;
  readonly concurrency: number;
  readonly idempotent: boolean;
  readonly echoesDeliveryId: boolean;
  /** Calls of which nobody learns what became of them. */
  readonly doubtful: number;
  /** Calls that are said not to be processed, or refused. */
  readonly refused: number;
  /** Accepted messages about which events are reported, late, repeated and in any order. */
  readonly reported: number;
}

export interface LedgerCall {
  readonly deliveryId: string;
  readonly channelId: string;
  readonly attempt: number;
  readonly atUs: number;
  /** Made while a transaction of its caller was open. */
  readonly inTransaction: boolean;
}

export interface LedgerEffect extends LedgerCall {
  readonly gatewayMessageId: string;
}

/** How an event reaches the program; `taken` is called when it is stored. */
export type Report = (channelId: string, events: readonly StatusEvent[], taken: () => void) => void;

/** What a provider said about a message. */
export interface Reported {
  readonly kind: StatusEventKind;
  readonly gatewayMessageId: string;
}

/** A provider as it really is: it writes down every call and every effect. */
export class ModelProvider {
  readonly calls: LedgerCall[] = [];
  readonly effects: LedgerEffect[] = [];
  /** Events that say something about an effect, by delivery. */
  readonly reported = new Map<string, Reported[]>();
  /** Events that are on their way. */
  unreported = 0;
  onCall: (call: LedgerCall) => void = () => undefined;
  private serial = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly habits: (channelId: string) => ProviderHabits,
    private readonly report: Report,
  ) {}

  /** The adapter, as one process has it. */
  factory(owner: Owner): GatewayFactory {
    return {
      kind: 'SIMULATOR',
      settings: { secretFields: [], complete: (given) => ok(given) },
      create: ({ channelId }): OpenGateway => {
        const { idempotent, echoesDeliveryId, concurrency, timeoutMs } = this.habits(channelId);
        return {
          kind: 'SIMULATOR',
          capabilities: {
            honoursIdempotencyKey: idempotent,
            reportsStatus: true,
            echoesDeliveryId,
            maxConcurrentCalls: concurrency,
            callTimeoutMs: timeoutMs,
          },
          send: (command, signal) => this.call(owner, command, signal),
          close: () => Promise.resolve(),
        };
      },
    };
  }

  private call(owner: Owner, command: SendCommand, signal: AbortSignal): Promise<SendOutcome> {
    const { deliveryId, channelId, attempt } = command;
    const { time } = this;
    const habits = this.habits(channelId);
    const call = { deliveryId, channelId, attempt, atUs: time.nowUs, inTransaction: isInTransaction() };
    this.calls.push(call);
    this.onCall(call);
    const draw = time.random.uniform();
    const takesUs = 2_000 + time.random.uniform() * habits.answerMs * 1_000;
    const arrivesUs = takesUs * time.random.uniform();
    return new Promise((resolve) => {
      const answer = (afterUs: number, outcome: () => SendOutcome): void => {
        time.after(afterUs, owner, () => resolve(outcome()));
      };
      const lost = (afterUs: number): void => answer(afterUs, () => ({ kind: 'uncertain', reason: 'No answer came.' }));
      signal.addEventListener('abort', () => lost(1_000));
      const timeoutUs = habits.timeoutMs * 1_000;
      if (takesUs > timeoutUs) {
        time.after(arrivesUs, null, () => this.take(call));
        return lost(timeoutUs);
      }
      if (draw < habits.doubtful / 3) return lost(draw < habits.doubtful / 6 ? takesUs : timeoutUs);
      if (draw < habits.doubtful) {
        time.after(draw < (habits.doubtful * 2) / 3 ? arrivesUs : timeoutUs * 1.5, null, () => this.take(call));
        return lost(draw < (habits.doubtful * 5) / 6 ? timeoutUs : takesUs);
      }
      if (draw < habits.doubtful + habits.refused) return answer(takesUs, () => this.refusal(time.random.uniform()));
      let gatewayMessageId = '';
      time.after(arrivesUs, null, () => (gatewayMessageId = this.take(call)));
      return answer(takesUs, () => ({ kind: 'accepted', gatewayMessageId }));
    });
  }

  private refusal(draw: number): SendOutcome {
    if (draw < 0.4) return { kind: 'notProcessed', reason: 'Busy.', ...(draw < 0.2 ? { retryAfterMs: 2_000 } : {}) };
    const scope = 'message';
    if (draw < 0.7) return { kind: 'rejected', class: 'transient', code: 'TRANSIENT', detail: 'Try later.', scope };
    if (draw < 0.97) return { kind: 'rejected', class: 'recipient', code: 'NO_SUCH', detail: 'Not on it.', scope };
    return { kind: 'rejected', class: 'auth', code: 'TOKEN', detail: 'The token expired.', scope: 'channel' };
  }

  /** The message goes to the person. */
  private take(call: LedgerCall): string {
    const earlier = this.effects.find((effect) => effect.deliveryId === call.deliveryId);
    const habits = this.habits(call.channelId);
    if (habits.idempotent && earlier) return earlier.gatewayMessageId;
    this.serial += 1;
    const gatewayMessageId = `m${this.serial}`;
    this.effects.push({ ...call, atUs: this.time.nowUs, gatewayMessageId });
    if (this.time.random.uniform() < habits.reported) this.reportOn(call, gatewayMessageId, habits);
    return gatewayMessageId;
  }

  private reportOn({ deliveryId, channelId }: LedgerCall, gatewayMessageId: string, habits: ProviderHabits): void {
    const { random } = this.time;
    const fate: readonly StatusEventKind[] =
      random.uniform() < 0.1
        ? ['SENT', 'FAILED']
        : random.uniform() < 0.5
          ? ['SENT', 'DELIVERED']
          : ['SENT', 'DELIVERED', 'READ'];
    const known = this.reported.get(deliveryId) ?? [];
    this.reported.set(deliveryId, known);
    for (const kind of fate) {
      known.push({ kind, gatewayMessageId });
      const event: StatusEvent = {
        kind,
        at: Math.floor(this.time.nowUs / 1_000),
        eventKey: `${gatewayMessageId}:${kind}`,
        gatewayMessageId,
        ...(habits.echoesDeliveryId ? { deliveryId } : {}),
      };
      const times = random.uniform() < 0.3 ? 2 : 1;
      for (let time = 0; time < times; time += 1) {
        this.unreported += 1;
        const taken = (): void => {
          this.unreported -= 1;
        };
        this.time.after(random.uniform() ** 3 * 8_000_000, null, () => this.report(channelId, [event], taken));
      }
    }
  }
}
