import type { GatewayFactory, GatewayOptions, OpenGateway } from '../../core/gateway/gateway-factory.js';
import type { GatewayCapabilities, SendCommand } from '../../core/gateway/message-gateway.js';
import type { SendOutcome } from '../../core/gateway/send-outcome.js';
import { EventTimetable } from './event-timetable.js';
import { simulateCall, type SimulatedCall } from './simulate-call.js';
import { readSimulatorSettings, type SimulatorSettings } from './simulator-settings.js';

const CLOSED: SendOutcome = { kind: 'notProcessed', reason: 'the gateway is closed' };
const ABORTED: SendOutcome = { kind: 'uncertain', reason: 'the call was aborted' };

/**
 * A stand-in for a provider: made-up latency, refusals and later status events, the same for the same seed. Status events
 * live in this process only; what has not been announced when it ends never comes.
 */
export class SimulatorGateway implements OpenGateway {
  readonly kind = 'SIMULATOR';
  readonly capabilities: GatewayCapabilities;
  private readonly seed: string;
  private readonly timetable: EventTimetable;
  private readonly underWay = new Set<Promise<SendOutcome>>();
  private isClosed = false;

  constructor(
    private readonly settings: SimulatorSettings,
    private readonly options: GatewayOptions,
  ) {
    this.seed = settings.seed ?? options.channelId;
    this.timetable = new EventTimetable(options.clock, options.onStatusEvents);
    this.capabilities = {
      honoursIdempotencyKey: false,
      reportsStatus: settings.deliveredAfterMs !== null || settings.readAfterMs !== null,
      echoesDeliveryId: true,
      maxConcurrentCalls: 1_000,
      // The slowest call takes 40 s.
      callTimeoutMs: 45_000,
    };
  }

  async send(command: SendCommand, signal: AbortSignal): Promise<SendOutcome> {
    if (this.isClosed) return CLOSED;
    if (signal.aborted) return { kind: 'notProcessed', reason: 'the call was aborted before it began' };
    const call = simulateCall(this.settings, this.seed, command.deliveryId, command.attempt);
    // Without latency there is no timer either, so that a benchmark measures the program and not the event loop.
    const outcome = call.latencyMs === 0 ? call.outcome : await this.afterLatency(call, signal);
    if (outcome.kind === 'accepted' && !this.isClosed)
      this.planEvents(command.deliveryId, outcome.gatewayMessageId ?? '', call);
    return outcome;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.timetable.clear();
    await Promise.all(this.underWay);
  }

  private async afterLatency(call: SimulatedCall, signal: AbortSignal): Promise<SendOutcome> {
    const settled = this.waitFor(call, signal);
    this.underWay.add(settled);
    const outcome = await settled;
    this.underWay.delete(settled);
    return outcome;
  }

  private waitFor(call: SimulatedCall, signal: AbortSignal): Promise<SendOutcome> {
    return new Promise((resolve) => {
      const settle = (outcome: SendOutcome) => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        resolve(outcome);
      };
      const onAbort = () => settle(ABORTED);
      const cancel = this.options.clock.after(call.latencyMs, () => settle(call.outcome));
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  private planEvents(deliveryId: string, gatewayMessageId: string, call: SimulatedCall): void {
    const acceptedAtMs = this.options.clock.nowMs();
    for (const { kind, afterMs } of call.events) {
      const event = {
        kind,
        deliveryId,
        gatewayMessageId,
        at: acceptedAtMs + afterMs,
        eventKey: `${gatewayMessageId}:${kind}`,
      };
      this.timetable.add(event, afterMs);
    }
  }
}

/** The SIMULATOR adapter. */
export const simulatorFactory: GatewayFactory = {
  kind: 'SIMULATOR',
  settings: {
    secretFields: [],
    complete: (given, path) => {
      const settings = readSimulatorSettings(given, path);
      return settings.ok ? { ok: true, value: { ...settings.value } } : settings;
    },
  },
  create(options) {
    const settings = readSimulatorSettings(options.settings, '');
    if (!settings.ok) throw new Error(`stored settings are not valid: ${JSON.stringify(settings.error)}`);
    return new SimulatorGateway(settings.value, options);
  },
};
