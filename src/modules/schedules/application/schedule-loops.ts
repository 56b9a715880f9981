import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import { RunFinisher } from './run-finisher.js';
import { RunMaterialiser } from './run-materialiser.js';
import { RunSweeper } from './run-sweeper.js';
import { ScheduleHints } from './schedule-hints.js';
import { SchedulePoller } from './schedule-poller.js';

/** Starts and stops the loops of this feature, in processes that do work. */
@Injectable()
export class ScheduleLoops implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loops: readonly { start(): void; stop(): Promise<void> }[];
  private stopListening: () => void = () => undefined;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly bus: EventBus,
    poller: SchedulePoller,
    private readonly materialiser: RunMaterialiser,
    finisher: RunFinisher,
    sweeper: RunSweeper,
    private readonly hints: ScheduleHints,
  ) {
    this.loops = [hints, poller, materialiser, sweeper, finisher];
  }

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.stopListening = this.bus.onEvent((signal) => {
      if (signal.kind !== 'schedulesChanged' && signal.kind !== 'resync') return;
      this.hints.kick();
      this.materialiser.kick();
    });
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopListening();
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }
}
