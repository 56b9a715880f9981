import { Injectable } from '@nestjs/common';
import { assertNever } from '../../../core/values/result.js';
import { Clock } from '../../../platform/clock/clock.js';
import { Database } from '../../../platform/database/database.js';
import { isId } from '../../../platform/database/ids.js';
import { GatewayRegistry } from '../../../platform/gateways/gateway-registry.js';
import { ChannelsService } from '../../channels/index.js';
import { StatusEventsService } from '../../delivery-logs/index.js';

/** A provider's request, as it came. */
export interface ProviderRequest {
  readonly channelId: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly rawBody: Uint8Array;
}

/**
 * What became of a provider's request.
 * - stored: its events are committed; a repetition changes nothing.
 * - noWebhook: there is no such channel, or its provider posts no events.
 * - refused: not authentic or not readable; nothing is stored.
 * - unavailable: this installation cannot check it at present, so the provider should come again.
 */
export type ProviderRequestOutcome =
  | { readonly kind: 'stored'; readonly events: number }
  | { readonly kind: 'noWebhook' }
  | { readonly kind: 'refused'; readonly httpStatus: 400 | 401; readonly reason: string }
  | { readonly kind: 'unavailable' };

/** Takes providers' status events. Whose they are is said by the stored channel, never by the request. */
@Injectable()
export class StatusWebhooksService {
  constructor(
    private readonly database: Database,
    private readonly channels: ChannelsService,
    private readonly gateways: GatewayRegistry,
    private readonly statusEvents: StatusEventsService,
    private readonly clock: Clock,
  ) {}

  async receive({ channelId, headers, rawBody }: ProviderRequest): Promise<ProviderRequestOutcome> {
    const [channel] = isId(channelId) ? await this.channels.sendingProfiles(this.database, [channelId]) : [];
    const read = channel && this.gateways.of(channel.gateway).readStatusWebhook;
    if (!channel || !read) return { kind: 'noWebhook' };
    if (channel.problem !== null) return { kind: 'unavailable' };
    const reading = read({ headers, rawBody, settings: channel.settings, nowMs: this.clock.nowMs() });
    switch (reading.kind) {
      case 'refused':
        return reading;
      case 'events':
        await this.statusEvents.receive(channel.tenantId, channel.id, reading.events);
        return { kind: 'stored', events: reading.events.length };
      default:
        return assertNever(reading);
    }
  }
}
