import type { GatewayFactory, GatewayOptions, OpenGateway } from '../../core/gateway/gateway-factory.js';
import type { GatewayCapabilities, SendCommand } from '../../core/gateway/message-gateway.js';
import type { SendOutcome } from '../../core/gateway/send-outcome.js';
import { signatureHeaders, signingKey } from '../../platform/secrets/standard-webhooks.js';
import { HttpClient } from '../http-client.js';
import { outcomeOfAnswer } from './outcome-of-answer.js';
import { readStatusWebhook } from './status-webhook.js';
import { readWebhookSettings, type WebhookSettings } from './webhook-settings.js';

/**
 * Posts each message as JSON to a service of the operator's own, with the delivery id as Idempotency-Key and, when the
 * channel has a secret, signed as Standard Webhooks says. The service's answers: {@link outcomeOfAnswer}.
 */
export class WebhookGateway implements OpenGateway {
  readonly kind = 'WEBHOOK';
  readonly capabilities: GatewayCapabilities;
  private readonly client: HttpClient;
  private readonly path: string;
  private readonly key: Buffer | undefined;

  constructor(
    private readonly settings: WebhookSettings,
    private readonly options: GatewayOptions,
  ) {
    const url = new URL(settings.url);
    this.path = `${url.pathname}${url.search}`;
    this.key = settings.secret === null ? undefined : signingKey(settings.secret);
    this.client = new HttpClient({
      origin: url.origin,
      connections: settings.concurrency,
      timeoutMs: settings.timeoutMs,
      clock: options.clock,
    });
    this.capabilities = {
      honoursIdempotencyKey: settings.idempotent,
      reportsStatus: this.key !== undefined,
      echoesDeliveryId: false,
      maxConcurrentCalls: settings.concurrency,
      callTimeoutMs: settings.timeoutMs,
    };
  }

  async send(command: SendCommand, signal: AbortSignal): Promise<SendOutcome> {
    const body = bodyOf(command);
    const answer = await this.client.post(this.path, this.headersFor(command, body), body, signal);
    return outcomeOfAnswer(answer, this.options.clock.nowMs());
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private headersFor(command: SendCommand, body: string): Record<string, string> {
    return {
      'user-agent': 'Pontual',
      accept: 'application/json',
      // Those that the settings give replace the two above; the ones below cannot be given.
      ...lowerCased(this.settings.headers ?? {}),
      'content-type': 'application/json',
      'idempotency-key': command.deliveryId,
      // The id names the message, so that the service can tell a repetition; the timestamp names the attempt.
      ...(this.key && signatureHeaders(this.key, command.deliveryId, this.options.clock.nowMs(), body)),
    };
  }
}

function bodyOf(command: SendCommand): string {
  return JSON.stringify({
    deliveryId: command.deliveryId,
    attempt: command.attempt,
    channelId: command.channelId,
    to: command.to,
    contactName: command.contactName,
    type: command.type,
    text: command.text,
    attachmentUrl: command.attachmentUrl,
    attachmentType: command.attachmentType,
    clientMessageId: command.clientMessageId,
    // Only TEMPLATE messages have one.
    ...(command.template === null ? {} : { template: command.template }),
  });
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The WEBHOOK adapter. */
export const webhookFactory: GatewayFactory = {
  kind: 'WEBHOOK',
  settings: {
    secretFields: ['secret', 'headers'],
    complete: (given, path) => {
      const settings = readWebhookSettings(given, path);
      return settings.ok ? { ok: true, value: { ...settings.value } } : settings;
    },
  },
  create(options) {
    const settings = readWebhookSettings(options.settings, '');
    if (!settings.ok) throw new Error(`stored settings are not valid: ${JSON.stringify(settings.error)}`);
    return new WebhookGateway(settings.value, options);
  },
  readStatusWebhook,
};
