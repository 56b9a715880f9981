import { Module } from '@nestjs/common';
import { ChannelsModule } from '../channels/index.js';
import { DeliveryLogsModule } from '../delivery-logs/index.js';
import { RateLimitModule } from '../rate-limit/index.js';
import { SchedulesModule } from '../schedules/index.js';
import { Announcements } from './application/announcements.js';
import { ChannelGateways } from './application/channel-gateways.js';
import { ClaimLoop } from './application/claim-loop.js';
import { Claimer } from './application/claimer.js';
import { Dispatcher } from './application/dispatcher.js';
import { Housekeeping } from './application/housekeeping.js';
import { Intents } from './application/intents.js';
import { LeaseTokens } from './application/lease-tokens.js';
import { Maintenance } from './application/maintenance.js';
import { Outcomes } from './application/outcomes.js';
import { Pipeline } from './application/pipeline.js';
import { Preparer } from './application/preparer.js';
import { ReaperWriters } from './application/reaper-writers.js';
import { Reaper } from './application/reaper.js';
import { Releases } from './application/releases.js';
import { Sender } from './application/sender.js';
import { Settlement } from './application/settlement.js';
import { ClaimsRepository } from './persistence/claims.repository.js';
import { FactsRepository } from './persistence/facts.repository.js';
import { HousekeepingRepository } from './persistence/housekeeping.repository.js';
import { IntentsRepository } from './persistence/intents.repository.js';
import { LeasesRepository } from './persistence/leases.repository.js';
import { OutcomesRepository } from './persistence/outcomes.repository.js';

@Module({
  imports: [ChannelsModule, DeliveryLogsModule, RateLimitModule, SchedulesModule],
  providers: [
    ClaimsRepository,
    FactsRepository,
    HousekeepingRepository,
    IntentsRepository,
    LeasesRepository,
    OutcomesRepository,
    Announcements,
    ChannelGateways,
    LeaseTokens,
    Claimer,
    Preparer,
    Intents,
    Sender,
    Outcomes,
    Releases,
    Settlement,
    Pipeline,
    ClaimLoop,
    ReaperWriters,
    Reaper,
    Housekeeping,
    Maintenance,
    Dispatcher,
  ],
})
export class DispatchModule {}
