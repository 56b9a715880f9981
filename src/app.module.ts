import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ormOptions } from '../ormconfig.js';
import { GATEWAY_FACTORIES } from './gateways/factories.js';
import { ChannelsModule } from './modules/channels/index.js';
import { ContactsModule } from './modules/contacts/index.js';
import { DispatchModule } from './modules/dispatch/index.js';
import { DeliveryLogsModule } from './modules/delivery-logs/index.js';
import { MessagesModule } from './modules/messages/index.js';
import { SchedulesModule } from './modules/schedules/index.js';
import { StatusWebhooksModule } from './modules/status-webhooks/index.js';
import { TenantsModule } from './modules/tenants/index.js';
import { ClockModule } from './platform/clock/clock.module.js';
import type { AppConfig } from './platform/config/app-config.js';
import { ConfigModule } from './platform/config/config.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { EventsModule } from './platform/events/events.module.js';
import { GatewaysModule } from './platform/gateways/gateways.module.js';
import { ApiModule } from './platform/graphql/graphql.module.js';
import { HealthModule } from './platform/health/health.module.js';
import { IdeModule } from './platform/ide/ide.module.js';
import type { Logger } from './platform/logging/logger.js';
import { LoggingModule } from './platform/logging/logging.module.js';
import { SecretsModule } from './platform/secrets/secrets.module.js';

/** Connections of one process's dispatcher: claims, intents and records overlap, the rest are ticks. */
const WORKER_POOL = 8;

/** What the program is made of; the only place that knows every part. */
@Module({})
export class AppModule {
  static register(config: AppConfig, databaseUrl: string, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.register(config),
        LoggingModule.register(logger),
        ClockModule,
        DatabaseModule.register(databaseUrl, ormOptions(databaseUrl, config.databasePool), WORKER_POOL),
        EventsModule,
        SecretsModule,
        GatewaysModule.register(GATEWAY_FACTORIES),
        // Once and only here: a second import would double every timer.
        ScheduleModule.forRoot(),
        TenantsModule,
        ContactsModule,
        MessagesModule,
        ChannelsModule,
        SchedulesModule,
        DispatchModule,
        DeliveryLogsModule,
        StatusWebhooksModule,
        ApiModule.register(TenantsModule),
        IdeModule,
        HealthModule,
      ],
    };
  }
}
