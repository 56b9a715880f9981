import { Global, Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock, Random } from '../clock/clock.js';
import { DATABASE_URL } from '../database/database.module.js';
import { Logger } from '../logging/logger.js';
import { EventBus } from './event-bus.js';
import { PostgresEventBus } from './postgres-event-bus.js';

/** Starts and stops the bus with the program. */
@Injectable()
class EventBusLifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly bus: PostgresEventBus) {}

  async onModuleInit(): Promise<void> {
    await this.bus.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.bus.stop();
  }
}

/** {@link EventBus} for everyone. */
@Global()
@Module({
  providers: [
    {
      provide: PostgresEventBus,
      inject: [DATABASE_URL, Clock, Random, Logger],
      useFactory: (url: string, clock: Clock, random: Random, logger: Logger) =>
        new PostgresEventBus(url, clock, random, logger),
    },
    { provide: EventBus, useExisting: PostgresEventBus },
    EventBusLifecycle,
  ],
  exports: [EventBus],
})
export class EventsModule {}
