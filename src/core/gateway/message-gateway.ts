import type { SendOutcome } from './send-outcome.js';

/** What a message is; TEMPLATE refers to a text that the provider has approved. */
export const MessageKind = {
  TEXT: 'TEXT',
  IMAGE: 'IMAGE',
  DOCUMENT: 'DOCUMENT',
  AUDIO: 'AUDIO',
  TEMPLATE: 'TEMPLATE',
} as const;

/** One of {@link MessageKind}. */
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** The gateways that a channel may use, as the API names them. */
export const GatewayKind = {
  SIMULATOR: 'SIMULATOR',
  WEBHOOK: 'WEBHOOK',
  WHATSAPP_CLOUD: 'WHATSAPP_CLOUD',
  EVOLUTION: 'EVOLUTION',
  CHATWOOT: 'CHATWOOT',
  TWILIO: 'TWILIO',
} as const;

/** One of {@link GatewayKind}. */
export type GatewayKind = (typeof GatewayKind)[keyof typeof GatewayKind];

/** One message to one person, complete: the gateway looks nothing up. */
export interface SendCommand {
  /** Our reference: the idempotency key where the provider honours one, and what status events echo. */
  readonly deliveryId: string;
  readonly tenantId?: string;
  readonly channelId: string;
  /** 1 for the first call for this delivery. */
  readonly attempt: number;
  /** The recipient's number in E.164, such as +5565981234567. */
  readonly to: string;
  readonly contactName: string;
  readonly type: MessageKind;
  /** The finished text; the caption for an attachment. */
  readonly text: string;
  /** Where the gateway fetches the attachment; null for none. */
  readonly attachmentUrl: string | null;
  /** The attachment's media type, such as image/png; null when unknown. */
  readonly attachmentType: string | null;
  /** { name, language, components } of a TEMPLATE message as stored, checked by the adapter; otherwise null. */
  readonly template: unknown;
  /** The client's own reference, passed on where the provider has a place for it. */
  readonly clientMessageId: string | null;
}

/** What a gateway can do; constant for the life of a gateway object. */
export interface GatewayCapabilities {
  /** A repeated call with the same delivery id sends nothing twice, so an uncertain call is simply repeated. */
  readonly honoursIdempotencyKey: boolean;
  /** Status events (delivered, read, failed) follow an accepted message. */
  readonly reportsStatus: boolean;
  /** Every status event names our delivery id; otherwise the gateway's own message id has to be remembered. */
  readonly echoesDeliveryId: boolean;
  /** At most this many calls of one channel may be under way at once; 1 or more. */
  readonly maxConcurrentCalls: number;
  /** A call is over after this many milliseconds, always less than the lease of a delivery. */
  readonly callTimeoutMs: number;
}

/**
 * The way to a provider for one channel. A delivery's intent is committed before {@link MessageGateway.send} is called;
 * if the process dies meanwhile, the delivery becomes uncertain.
 */
export interface MessageGateway {
  readonly kind: GatewayKind;
  readonly capabilities: GatewayCapabilities;

  /**
   * Makes one call, without retries of its own, and says what it came to. It settles by `callTimeoutMs` or soon after
   * `signal` is aborted, whichever is first; an abort after the request may have left is `uncertain`.
   *
   * Never rejects for anything that the provider or the network does: that is an outcome. A rejected promise means that
   * the adapter is wrong; the caller records it as uncertain.
   */
  send(command: SendCommand, signal: AbortSignal): Promise<SendOutcome>;
}
