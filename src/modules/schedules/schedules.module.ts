import { Module } from '@nestjs/common';
import { ChannelsModule } from '../channels/index.js';
import { ContactsModule } from '../contacts/index.js';
import { MessagesModule } from '../messages/index.js';
import { TenantsModule } from '../tenants/index.js';
import { CampaignMover } from './application/campaign-mover.js';
import { CampaignPlanner } from './application/campaign-planner.js';
import { CampaignReplanner } from './application/campaign-replanner.js';
import { CampaignRest } from './application/campaign-rest.js';
import { CampaignRoom } from './application/campaign-room.js';
import { CampaignWhatIf } from './application/campaign-what-if.js';
import { CampaignWriter } from './application/campaign-writer.js';
import { CreateScheduleService } from './application/create-schedule.service.js';
import { DeliveryRequeuer } from './application/delivery-requeuer.js';
import { LaneForecast } from './application/lane-forecast.js';
import { NextRunsService } from './application/next-runs.service.js';
import { PlanForecast } from './application/plan-forecast.js';
import { PreviewWriter } from './application/preview-writer.js';
import { RunCanceller } from './application/run-canceller.js';
import { RunFinisher } from './application/run-finisher.js';
import { RunMaterialiser } from './application/run-materialiser.js';
import { RunSweeper } from './application/run-sweeper.js';
import { RunWriter } from './application/run-writer.js';
import { ScheduleAnnouncements } from './application/schedule-announcements.js';
import { ScheduleCarrier } from './application/schedule-carrier.js';
import { ScheduleChanger } from './application/schedule-changer.js';
import { ScheduleControlService } from './application/schedule-control.service.js';
import { ScheduleFirer } from './application/schedule-firer.js';
import { ScheduleHints } from './application/schedule-hints.js';
import {
  SCHEDULE_LISTENERS,
  SCHEDULE_LOOPS,
  ScheduleLoops,
  type ScheduleListener,
  type ScheduleLoop,
} from './application/schedule-loops.js';
import { ScheduleParking } from './application/schedule-parking.js';
import { SchedulePartsService } from './application/schedule-parts.service.js';
import { SchedulePreviewService } from './application/schedule-preview.service.js';
import { SchedulePoller } from './application/schedule-poller.js';
import { ScheduleReferences } from './application/schedule-references.js';
import { ScheduleRequestChecker } from './application/schedule-request-checker.js';
import { SchedulesService } from './application/schedules.service.js';
import { ScheduleUpdates } from './application/schedule-updates.js';
import { ScheduleWriter } from './application/schedule-writer.js';
import { SendMessageService } from './application/send-message.service.js';
import { SendOutbox } from './application/send-outbox.js';
import { SendStore } from './application/send-store.js';
import { SendTestService } from './application/send-test.service.js';
import { TextPreview } from './application/text-preview.js';
import { UpdateScheduleService } from './application/update-schedule.service.js';
import { ScheduleFieldsResolver } from './graphql/schedule-fields.resolver.js';
import { ScheduleMutationsResolver } from './graphql/schedule-mutations.resolver.js';
import { ScheduleSubscriptionsResolver } from './graphql/schedule-subscriptions.resolver.js';
import {
  ExcludedRecipientResolver,
  PlannedDeliveryResolver,
  SchedulePreviewResolver,
} from './graphql/schedule-preview.resolver.js';
import { SchedulesResolver } from './graphql/schedules.resolver.js';
import { AudienceRepository } from './persistence/audience.repository.js';
import { CampaignRunsRepository } from './persistence/campaign-runs.repository.js';
import { CancellingRepository } from './persistence/cancelling.repository.js';
import { FinishingRepository } from './persistence/finishing.repository.js';
import { FiringRepository } from './persistence/firing.repository.js';
import { MaterialisingRepository } from './persistence/materialising.repository.js';
import { ParkingRepository } from './persistence/parking.repository.js';
import { PlanningRepository } from './persistence/planning.repository.js';
import { ReplanningRepository } from './persistence/replanning.repository.js';
import { RequeueingRepository } from './persistence/requeueing.repository.js';
import { RunsRepository } from './persistence/runs.repository.js';
import { SchedulesRepository } from './persistence/schedules.repository.js';
import { TargetsRepository } from './persistence/targets.repository.js';

const PERSISTENCE = [
  AudienceRepository,
  CampaignRunsRepository,
  CancellingRepository,
  FinishingRepository,
  FiringRepository,
  MaterialisingRepository,
  ParkingRepository,
  PlanningRepository,
  ReplanningRepository,
  RequeueingRepository,
  RunsRepository,
  SchedulesRepository,
  TargetsRepository,
];

const LISTENERS = [ScheduleHints, RunMaterialiser, CampaignReplanner];
const LOOPS = [...LISTENERS, SchedulePoller, RunSweeper, RunFinisher];

const APPLICATION = [
  CampaignMover,
  CampaignPlanner,
  CampaignRest,
  CampaignRoom,
  CampaignWhatIf,
  CampaignWriter,
  CreateScheduleService,
  DeliveryRequeuer,
  LaneForecast,
  NextRunsService,
  PlanForecast,
  PreviewWriter,
  RunCanceller,
  RunWriter,
  ScheduleAnnouncements,
  ScheduleCarrier,
  ScheduleChanger,
  ScheduleControlService,
  ScheduleFirer,
  ScheduleLoops,
  ScheduleParking,
  SchedulePartsService,
  SchedulePreviewService,
  ScheduleReferences,
  ScheduleRequestChecker,
  SchedulesService,
  ScheduleUpdates,
  ScheduleWriter,
  SendMessageService,
  SendOutbox,
  SendStore,
  SendTestService,
  TextPreview,
  UpdateScheduleService,
];

const GRAPHQL = [
  ExcludedRecipientResolver,
  PlannedDeliveryResolver,
  SchedulePreviewResolver,
  SchedulesResolver,
  ScheduleMutationsResolver,
  ScheduleFieldsResolver,
  ScheduleSubscriptionsResolver,
];

@Module({
  imports: [TenantsModule, ContactsModule, MessagesModule, ChannelsModule],
  providers: [
    ...PERSISTENCE,
    ...LOOPS,
    ...APPLICATION,
    ...GRAPHQL,
    { provide: SCHEDULE_LISTENERS, inject: LISTENERS, useFactory: (...listeners: ScheduleListener[]) => listeners },
    { provide: SCHEDULE_LOOPS, inject: LOOPS, useFactory: (...loops: ScheduleLoop[]) => loops },
  ],
  exports: [
    SchedulesService,
    SendMessageService,
    SendTestService,
    DeliveryRequeuer,
    RunFinisher,
    SchedulePoller,
    RunMaterialiser,
    ScheduleHints,
  ],
})
export class SchedulesModule {}
