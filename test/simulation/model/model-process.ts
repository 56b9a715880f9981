import { SchedulerRegistry } from '@nestjs/schedule';
import { DeliveryAnnouncements } from '../../../src/modules/delivery-logs/application/delivery-announcements.js';
import { ReceiptProjector } from '../../../src/modules/delivery-logs/application/receipt-projector.js';
import { StatusEventApplier } from '../../../src/modules/delivery-logs/application/status-event-applier.js';
import { StatusEventSweeper } from '../../../src/modules/delivery-logs/application/status-event-sweeper.js';
import { StatusEventsService } from '../../../src/modules/delivery-logs/application/status-events.service.js';
import type { ProviderEventsRepository } from '../../../src/modules/delivery-logs/persistence/provider-events.repository.js';
import { Announcements } from '../../../src/modules/dispatch/application/announcements.js';
import { ChannelGateways } from '../../../src/modules/dispatch/application/channel-gateways.js';
import { ClaimLoop } from '../../../src/modules/dispatch/application/claim-loop.js';
import { Claimer } from '../../../src/modules/dispatch/application/claimer.js';
import { Dispatcher } from '../../../src/modules/dispatch/application/dispatcher.js';
import { Housekeeping } from '../../../src/modules/dispatch/application/housekeeping.js';
import { Intents } from '../../../src/modules/dispatch/application/intents.js';
import { LeaseTokens } from '../../../src/modules/dispatch/application/lease-tokens.js';
import { Maintenance } from '../../../src/modules/dispatch/application/maintenance.js';
import { Outcomes } from '../../../src/modules/dispatch/application/outcomes.js';
import { Pipeline } from '../../../src/modules/dispatch/application/pipeline.js';
import { Preparer } from '../../../src/modules/dispatch/application/preparer.js';
import { ReaperWriters } from '../../../src/modules/dispatch/application/reaper-writers.js';
import { Reaper } from '../../../src/modules/dispatch/application/reaper.js';
import { Releases } from '../../../src/modules/dispatch/application/releases.js';
import { Sender } from '../../../src/modules/dispatch/application/sender.js';
import { Settlement } from '../../../src/modules/dispatch/application/settlement.js';
import type { ContactRatesRepository, LanesRepository } from '../../../src/modules/rate-limit/index.js';
import { RunCanceller } from '../../../src/modules/schedules/application/run-canceller.js';
import { RunFinisher } from '../../../src/modules/schedules/application/run-finisher.js';
import { RunMaterialiser } from '../../../src/modules/schedules/application/run-materialiser.js';
import { RunSweeper } from '../../../src/modules/schedules/application/run-sweeper.js';
import { RunWriter } from '../../../src/modules/schedules/application/run-writer.js';
import { ScheduleAnnouncements } from '../../../src/modules/schedules/application/schedule-announcements.js';
import { ScheduleFirer } from '../../../src/modules/schedules/application/schedule-firer.js';
import { ScheduleHints } from '../../../src/modules/schedules/application/schedule-hints.js';
import { ScheduleLoops } from '../../../src/modules/schedules/application/schedule-loops.js';
import { ScheduleParking } from '../../../src/modules/schedules/application/schedule-parking.js';
import { SchedulePoller } from '../../../src/modules/schedules/application/schedule-poller.js';
import type { ChannelsService } from '../../../src/modules/channels/index.js';
import { Clock, Random } from '../../../src/platform/clock/clock.js';
import { parseConfig } from '../../../src/platform/config/app-config.js';
import type { Database } from '../../../src/platform/database/database.js';
import type { WorkerDatabase } from '../../../src/platform/database/worker-database.js';
import { GatewayRegistry } from '../../../src/platform/gateways/gateway-registry.js';
import type { Logger } from '../../../src/platform/logging/logger.js';
import { ModelBus, type ModelHub } from './model-bus.js';
import { ModelCancelling, ModelParking } from './model-cancelling.js';
import { ModelChannels } from './model-channels.js';
import { ModelClaims, ModelLanes } from './model-claims.js';
import { ModelDatabase, type ModelServer } from './model-database.js';
import { ModelFacts, ModelHousekeeping, ModelIntents, ModelLeases } from './model-dispatch.js';
import type { ModelProvider } from './model-gateway.js';
import { ModelOutcomes } from './model-outcomes.js';
import { ModelProviderEvents, ModelReceipts } from './model-receipts.js';
import { ModelMaterialising } from './model-runs.js';
import { ModelFiring, ModelFinishing } from './model-schedules.js';
import type { Owner, VirtualTime } from './virtual-time.js';

/** The repositories of a process; a test that leaves a guard out puts its own here. */
export function modelRepositories() {
  return {
    claims: new ModelClaims(),
    lanes: new ModelLanes(),
    facts: new ModelFacts(),
    intents: new ModelIntents(),
    leases: new ModelLeases(),
    outcomes: new ModelOutcomes(),
    housekeeping: new ModelHousekeeping(),
    firing: new ModelFiring(),
    finishing: new ModelFinishing(),
    materialising: new ModelMaterialising(),
    parking: new ModelParking(),
    cancelling: new ModelCancelling(),
    events: new ModelProviderEvents(),
    receipts: new ModelReceipts(),
  };
}

export type ModelRepositories = ReturnType<typeof modelRepositories>;

/** Where a process lives. */
export interface ModelSurroundings {
  readonly server: ModelServer;
  readonly hub: ModelHub;
  readonly provider: ModelProvider;
  readonly repositories: ModelRepositories;
  /** What a process writes into its log as an error. */
  readonly onError: (event: string, facts: object) => void;
}

class ModelClock extends Clock {
  constructor(
    private readonly time: VirtualTime,
    public skewMs: number,
  ) {
    super();
  }

  nowMs(): number {
    return Math.floor(this.time.nowUs / 1_000) + this.skewMs;
  }

  monotonicMs(): number {
    return this.time.nowUs / 1_000;
  }
}

class ModelRandom extends Random {
  constructor(private readonly time: VirtualTime) {
    super();
  }

  next(): number {
    return this.time.random.uniform();
  }
}

const config = parseConfig({ NODE_ENV: 'test' });

/** One process of the program: its real services on the model's repositories, clock, network and events. */
export class ModelProcess implements Owner {
  life: Owner['life'] = 'running';
  readonly backlog: (() => void)[] = [];
  readonly database: ModelDatabase;
  readonly statusEvents: StatusEventsService;
  private readonly bus: ModelBus;
  private readonly dispatcher: Dispatcher;
  private readonly loops: ScheduleLoops;
  private readonly sweeper: StatusEventSweeper;
  private readonly clock: ModelClock;

  constructor(
    private readonly around: ModelSurroundings,
    skewMs: number,
  ) {
    const { server, hub, provider, repositories, onError } = around;
    if (!config.ok) throw new Error(config.error.join('; '));
    const settings = config.value;
    const { time } = server;
    const clock = new ModelClock(time, skewMs);
    this.clock = clock;
    const logger = logTo(onError);
    this.database = new ModelDatabase(server, this);
    const database = this.database as unknown as WorkerDatabase;
    this.bus = new ModelBus(hub, this);
    const { claims, lanes, facts, intents, leases, outcomes, housekeeping, firing, finishing } = repositories;

    const scheduleNews = new ScheduleAnnouncements(this.bus, clock);
    const finisher = new RunFinisher(database, finishing, scheduleNews, logger);
    const writer = new RunWriter(repositories.materialising, undefined as never);
    const materialiser = new RunMaterialiser(database, writer, finisher, scheduleNews, logger);
    const firer = new ScheduleFirer(database, firing, settings, logger);
    const poller = new SchedulePoller(firer, materialiser, scheduleNews, logger);
    const hints = new ScheduleHints(database, firing, new SchedulerRegistry(), poller, logger);
    const canceller = new RunCanceller(repositories.cancelling, scheduleNews);
    const parking = new ScheduleParking(repositories.parking);
    const sweeper = new RunSweeper(database, finishing, finisher, canceller, parking, logger);
    const loops = [poller, materialiser, finisher, sweeper, hints];
    this.loops = new ScheduleLoops(settings, this.bus, loops, [poller, materialiser, hints]);

    const events = repositories.events as unknown as ProviderEventsRepository;
    const receipts = repositories.receipts;
    const projector = new ReceiptProjector(receipts, events);
    const requests = this.database as unknown as Database;
    const applier = new StatusEventApplier(requests, events, projector, new DeliveryAnnouncements(this.bus, finisher));
    this.sweeper = new StatusEventSweeper(requests, events, applier, clock, logger);
    this.statusEvents = new StatusEventsService(applier, this.sweeper, events, this.bus);

    const channels = new ModelChannels() as unknown as ChannelsService;
    const rates = lanes as unknown as LanesRepository;
    const news = new Announcements(this.bus, finisher, clock);
    const registry = new GatewayRegistry([provider.factory(this)], clock);
    const gateways = new ChannelGateways(database, channels, registry, this.statusEvents, logger);
    const sender = new Sender(gateways, clock, logger);
    const results = new Outcomes(outcomes, rates, channels, news, new ModelRandom(time));
    const releases = new Releases(outcomes, leases, news);
    const settlement = new Settlement(results, releases, database, clock, logger);
    const promises = new Intents(database, intents, news, clock);
    const pipeline = new Pipeline(new Preparer(), promises, sender, settlement, clock, logger);
    const tokens = new LeaseTokens(database, leases);
    const claimer = new Claimer(database, claims, facts, rates, tokens, clock);
    const loop = new ClaimLoop(claimer, pipeline, news);
    const reaper = new Reaper(database, leases, new ReaperWriters(results, releases, gateways), clock, logger);
    const buckets = { deleteFull: () => Promise.resolve(0) } as unknown as ContactRatesRepository;
    const keeping = new Housekeeping(database, housekeeping, buckets, news, logger);
    const maintenance = new Maintenance(reaper, keeping, logger);
    this.dispatcher = new Dispatcher(loop, pipeline, maintenance, this.bus, settings, logger);
  }

  start(): void {
    this.statusEvents.onModuleInit();
    this.sweeper.onApplicationBootstrap();
    this.dispatcher.onApplicationBootstrap();
    this.loops.onApplicationBootstrap();
  }

  /** SIGTERM: ends by itself, and is then dead. */
  async terminate(): Promise<void> {
    await this.loops.beforeApplicationShutdown();
    await this.dispatcher.onModuleDestroy();
    await this.statusEvents.onModuleDestroy();
    await this.sweeper.onModuleDestroy();
    this.kill();
  }

  /** kill -9: nothing of it goes on, and its connections break. */
  kill(): void {
    this.life = 'dead';
    this.database.breakAll();
    this.bus.leave();
  }

  /** SIGSTOP. */
  stop(): void {
    if (this.life === 'running') this.life = 'stopped';
  }

  /** Somebody sets the clock of its machine. */
  jumpClock(byMs: number): void {
    this.clock.skewMs += byMs;
  }

  /** SIGCONT. */
  continue(): void {
    if (this.life !== 'stopped') return;
    this.life = 'running';
    this.around.server.time.resume(this);
  }
}

function logTo(onError: ModelSurroundings['onError']): Logger {
  const silent = (): void => undefined;
  return { error: onError, warn: silent, info: silent, debug: silent } as unknown as Logger;
}
