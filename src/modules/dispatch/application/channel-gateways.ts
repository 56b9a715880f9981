import { Injectable } from '@nestjs/common';
import type { OpenGateway } from '../../../core/gateway/gateway-factory.js';
import { GatewayRegistry } from '../../../platform/gateways/gateway-registry.js';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { errorFacts, Logger } from '../../../platform/logging/logger.js';
import { ChannelsService } from '../../channels/index.js';
import { StatusEventsService } from '../../delivery-logs/index.js';

interface Opened {
  readonly version: number;
  readonly gateway: OpenGateway;
}

/** The open gateways of this process, one a channel, made anew when the channel's settings change. */
@Injectable()
export class ChannelGateways {
  private readonly opened = new Map<string, Opened>();
  private readonly closing = new Set<Promise<void>>();

  constructor(
    private readonly database: WorkerDatabase,
    private readonly channels: ChannelsService,
    private readonly registry: GatewayRegistry,
    private readonly statusEvents: StatusEventsService,
    private readonly logger: Logger,
  ) {}

  /** The gateway of a channel, if it is open and not older than `version`. */
  get(channelId: string, version: number): OpenGateway | undefined {
    const opened = this.opened.get(channelId);
    return opened && opened.version >= version ? opened.gateway : undefined;
  }

  /** Opens what is missing of the channels; one that no longer exists is left out. */
  async ensure(wanted: ReadonlyMap<string, number>): Promise<void> {
    const missing = [...wanted]
      .filter(([channelId, version]) => !this.get(channelId, version))
      .map(([channelId]) => channelId);
    if (missing.length === 0) return;
    for (const profile of await this.channels.sendingProfiles(this.database, missing)) {
      this.retire(profile.id);
      const { tenantId } = profile;
      if (profile.problem !== null) {
        // Its deliveries wait until somebody mends the channel; a gateway without its settings would burn them.
        await this.channels.openCircuit(this.database, tenantId, profile.id, profile.problem);
        continue;
      }
      const gateway = this.registry.create(profile.gateway, {
        tenantId,
        channelId: profile.id,
        settings: profile.settings,
        onStatusEvents: (events) => {
          this.statusEvents
            .receive(tenantId, profile.id, events)
            .catch((error: unknown) =>
              this.logger.error('gateway.status-events-lost', { channelId: profile.id, ...errorFacts(error) }),
            );
        },
      });
      this.opened.set(profile.id, { version: profile.version, gateway });
    }
  }

  /** Resolves when no gateway runs any more. */
  async close(): Promise<void> {
    for (const channelId of [...this.opened.keys()]) this.retire(channelId);
    await Promise.all(this.closing);
  }

  /** Calls that are under way on an old gateway settle by themselves: closing it would make them uncertain. */
  private retire(channelId: string): void {
    const opened = this.opened.get(channelId);
    if (!opened) return;
    this.opened.delete(channelId);
    const closed = opened.gateway
      .close()
      .catch((error: unknown) => this.logger.error('gateway.close-failed', { channelId, ...errorFacts(error) }))
      .finally(() => this.closing.delete(closed));
    this.closing.add(closed);
  }
}
