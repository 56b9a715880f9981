import type { Result } from '../values/result.js';
import type { DurationMs, EpochMs } from '../values/time.js';
import type { Violation } from '../values/violation.js';
import type { GatewayKind, MessageGateway } from './message-gateway.js';
import type { StatusEvent } from './send-outcome.js';

/** A gateway's settings by name; which names there are is the adapter's business. */
export type GatewaySettings = Readonly<Record<string, unknown>>;

/** What settings an adapter takes. */
export interface GatewaySettingsRules {
  /**
   * The settings that are stored encrypted and never shown: texts, or objects whose values are secret and whose keys
   * are not (HTTP headers). Each may be absent or null.
   */
  readonly secretFields: readonly string[];

  /**
   * The complete settings for what a client gave or what is stored: checked, defaults filled in, unknown names dropped;
   * or everything that is wrong with them. What it answered, it answers again for the same settings.
   *
   * `path` stands before the names in violations: `input.webhook` gives `input.webhook.url`.
   */
  complete(given: GatewaySettings, path: string): Result<GatewaySettings, readonly Violation[]>;
}

/** Time as a gateway may use it: given from outside, so that tests decide when it passes. */
export interface GatewayClock {
  /** Wall-clock time, for signatures and for what a simulated provider reports. */
  nowMs(): EpochMs;
  /** Milliseconds since some fixed moment; never goes backwards. */
  monotonicMs(): DurationMs;
  /** Runs `run` once, not earlier than in `delayMs`; the returned function takes that back and may be called late. */
  after(delayMs: DurationMs, run: () => void): () => void;
}

/** What a gateway for one channel is made of. */
export interface GatewayOptions {
  readonly tenantId: string;
  readonly channelId: string;
  /** Settings with their secrets in plain text. */
  readonly settings: GatewaySettings;
  /**
   * Called for status events that do not come through a webhook, such as the simulator's own. It must not throw; events
   * that nobody stores are lost.
   */
  readonly onStatusEvents: (events: readonly StatusEvent[]) => void;
  readonly clock: GatewayClock;
}

/** A gateway in use. */
export interface OpenGateway extends MessageGateway {
  /**
   * Ends the gateway: later calls are `notProcessed`, and no status event is announced any more. Calls under way settle
   * as they would have; whoever cannot wait for them aborts them through their signal. Resolves when nothing of the
   * gateway runs any more. Closing twice is closing once.
   */
  close(): Promise<void>;
}

/** A provider's request to our webhook, unread. */
export interface StatusWebhookRequest {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body's bytes exactly as they came: signatures cover them. */
  readonly rawBody: Uint8Array;
  /** The channel's settings with their secrets in plain text. */
  readonly settings: GatewaySettings;
  readonly nowMs: EpochMs;
}

/**
 * What a webhook request was.
 * - events: authentic and readable; possibly none, for notices that say nothing about a message.
 * - refused: answered with `httpStatus`, nothing stored. `reason` goes to the sender and must hold no secret.
 */
export type StatusWebhookReading =
  | { readonly kind: 'events'; readonly events: readonly StatusEvent[] }
  | { readonly kind: 'refused'; readonly httpStatus: 400 | 401; readonly reason: string };

/** An adapter: everything that the program needs to know about one kind of gateway. */
export interface GatewayFactory {
  readonly kind: GatewayKind;
  readonly settings: GatewaySettingsRules;

  /** A message may go into a conversation of the provider instead of to a number; absent: only to numbers. */
  readonly carriesConversations?: boolean;

  /** The gateway of one channel. Throws for settings that {@link GatewaySettingsRules.complete} refuses. */
  create(options: GatewayOptions): OpenGateway;

  /** Reads a request to the channel's webhook; absent when the provider posts none. Never throws for what was sent. */
  readonly readStatusWebhook?: (request: StatusWebhookRequest) => StatusWebhookReading;
}
