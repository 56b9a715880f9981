import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { EventBus } from '../../../platform/events/event-bus.js';

/** Something that runs until it is stopped; `stop` resolves when it is quiet. */
export interface ScheduleLoop {
  start(): void;
  stop(): Promise<void>;
}

/** A loop that something may be done for when schedules change. */
export interface ScheduleListener {
  kick(): void;
}

/** The loops of this feature. */
export const SCHEDULE_LOOPS = Symbol('ScheduleLoops');

/** Those of them that are woken when schedules change. */
export const SCHEDULE_LISTENERS = Symbol('ScheduleListeners');

/** Starts and stops the loops of this feature, in processes that do work. */
@Injectable()
export class ScheduleLoops implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private stopListening: () => void = () => undefined;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly bus: EventBus,
    @Inject(SCHEDULE_LOOPS) private readonly loops: readonly ScheduleLoop[],
    @Inject(SCHEDULE_LISTENERS) private readonly listeners: readonly ScheduleListener[],
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.stopListening = this.bus.onEvent(
      (signal) => {
        if (signal.kind !== 'schedulesChanged' && signal.kind !== 'resync') return;
        for (const listener of this.listeners) listener.kick();
      },
      () => false,
    );
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopListening();
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }
}
