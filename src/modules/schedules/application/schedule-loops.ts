import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import { RunMaterialiser } from './run-materialiser.js';
import { ScheduleHints } from './schedule-hints.js';

/** Something that runs until it is stopped; `stop` resolves when it is quiet. */
export interface ScheduleLoop {
  start(): void;
  stop(): Promise<void>;
}

/** The loops of this feature. */
export const SCHEDULE_LOOPS = Symbol('ScheduleLoops');

/** Starts and stops the loops of this feature, in processes that do work. */
@Injectable()
export class ScheduleLoops implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private stopListening: () => void = () => undefined;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly bus: EventBus,
    @Inject(SCHEDULE_LOOPS) private readonly loops: readonly ScheduleLoop[],
    private readonly hints: ScheduleHints,
    private readonly materialiser: RunMaterialiser,
  ) {}

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
