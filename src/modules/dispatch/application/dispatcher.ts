import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import type { BusSignal } from '../../../platform/events/event.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import { Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import { CLAIM_POLL_MS, ClaimLoop } from './claim-loop.js';
import { Maintenance } from './maintenance.js';
import { Pipeline } from './pipeline.js';

/** A stopping process waits this long for its calls; what then runs is uncertain. Less than any lease. */
const GRACE_MS = 25_000;

/** Starts and stops everything that sends, on replicas that are workers. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly claiming: Ticker;
  private unsubscribe: () => void = () => undefined;

  constructor(
    loop: ClaimLoop,
    private readonly pipeline: Pipeline,
    private readonly maintenance: Maintenance,
    private readonly bus: EventBus,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    logger: Logger,
  ) {
    this.claiming = new Ticker(() => loop.runUntilNothingIsDue(), { name: 'claim', intervalMs: CLAIM_POLL_MS }, logger);
  }

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.pipeline.onRoom(() => this.claiming.kick());
    const onSignal = (signal: BusSignal): void => {
      if (signal.kind === 'workAvailable' || signal.kind === 'resync') this.claiming.kick();
    };
    this.unsubscribe = this.bus.onEvent(onSignal, () => false);
    this.claiming.start();
    this.maintenance.start();
  }

  /** Claims nothing more, finishes what is at the gateway, gives back the rest. */
  async onModuleDestroy(): Promise<void> {
    this.unsubscribe();
    await this.claiming.stop();
    await this.maintenance.stop();
    await this.pipeline.stop(GRACE_MS);
  }
}
