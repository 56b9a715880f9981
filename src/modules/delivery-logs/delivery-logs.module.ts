import { Module } from '@nestjs/common';
import { ChannelsModule } from '../channels/index.js';
import { ContactsModule } from '../contacts/index.js';
import { MessagesModule } from '../messages/index.js';
import { SchedulesModule } from '../schedules/index.js';
import { TenantsModule } from '../tenants/index.js';
import { DeliveriesService } from './application/deliveries.service.js';
import { DeliveryAnnouncements } from './application/delivery-announcements.js';
import { DeliveryChangesService } from './application/delivery-changes.service.js';
import { DeliveryReader } from './application/delivery-reader.js';
import { DeliveryRelations } from './application/delivery-relations.js';
import { DeliveryReopeningService } from './application/delivery-reopening.service.js';
import { DeliveryStatisticsService } from './application/delivery-statistics.service.js';
import { DeliveryTexts } from './application/delivery-texts.js';
import { DeliveryTransactions } from './application/delivery-transactions.js';
import { DeliveryUpdates } from './application/delivery-updates.js';
import { ExplanationsService } from './application/explanations.service.js';
import { MessageSentStreams } from './application/message-sent-streams.js';
import { ReceiptProjector } from './application/receipt-projector.js';
import { SchedulerStatusService } from './application/scheduler-status.service.js';
import { StatusEventApplier } from './application/status-event-applier.js';
import { StatusEventSweeper } from './application/status-event-sweeper.js';
import { StatusEventsService } from './application/status-events.service.js';
import { DeliveriesResolver } from './graphql/deliveries.resolver.js';
import { DeliveryFieldsResolver } from './graphql/delivery-fields.resolver.js';
import { RunStatisticsResolver, ScheduleDeliveriesResolver } from './graphql/schedule-deliveries.resolver.js';
import { SendMessageResolver } from './graphql/send-message.resolver.js';
import { StatisticsResolver } from './graphql/statistics.resolver.js';
import { DeliverySubscriptionsResolver } from './graphql/subscriptions.resolver.js';
import { AuditLogRepository } from './persistence/audit-log.repository.js';
import { DeliveriesRepository } from './persistence/deliveries.repository.js';
import { DeliveryChangesRepository } from './persistence/delivery-changes.repository.js';
import { ExplanationFactsRepository } from './persistence/explanation-facts.repository.js';
import { ProviderEventsRepository } from './persistence/provider-events.repository.js';
import { ReceiptsRepository } from './persistence/receipts.repository.js';
import { SchedulerStatusRepository } from './persistence/scheduler-status.repository.js';
import { StatisticsRepository } from './persistence/statistics.repository.js';

const PERSISTENCE = [
  AuditLogRepository,
  DeliveriesRepository,
  DeliveryChangesRepository,
  ExplanationFactsRepository,
  ProviderEventsRepository,
  ReceiptsRepository,
  SchedulerStatusRepository,
  StatisticsRepository,
];

const APPLICATION = [
  DeliveriesService,
  DeliveryAnnouncements,
  DeliveryChangesService,
  DeliveryReader,
  DeliveryRelations,
  DeliveryReopeningService,
  DeliveryStatisticsService,
  DeliveryTexts,
  DeliveryTransactions,
  DeliveryUpdates,
  ExplanationsService,
  MessageSentStreams,
  ReceiptProjector,
  SchedulerStatusService,
  StatusEventApplier,
  StatusEventSweeper,
  StatusEventsService,
];

const GRAPHQL = [
  DeliveriesResolver,
  DeliveryFieldsResolver,
  DeliverySubscriptionsResolver,
  RunStatisticsResolver,
  ScheduleDeliveriesResolver,
  SendMessageResolver,
  StatisticsResolver,
];

@Module({
  imports: [TenantsModule, ContactsModule, MessagesModule, ChannelsModule, SchedulesModule],
  providers: [...PERSISTENCE, ...APPLICATION, ...GRAPHQL],
  exports: [DeliveriesService, StatusEventsService],
})
export class DeliveryLogsModule {}
