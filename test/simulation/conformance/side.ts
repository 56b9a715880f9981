import type { CallOutcome } from '../../../src/core/dispatch/decide-outcome.js';
import { FIXED_5_SECONDS } from '../../../src/core/retry/retry-policy.js';
import type { ChannelsService } from '../../../src/modules/channels/index.js';
import { ReceiptProjector } from '../../../src/modules/delivery-logs/application/receipt-projector.js';
import { StatusEventApplier } from '../../../src/modules/delivery-logs/application/status-event-applier.js';
import type { DeliveryAnnouncements } from '../../../src/modules/delivery-logs/application/delivery-announcements.js';
import type { ProviderEventsRepository } from '../../../src/modules/delivery-logs/persistence/provider-events.repository.js';
import type { Announcements } from '../../../src/modules/dispatch/application/announcements.js';
import type { ChannelGateways } from '../../../src/modules/dispatch/application/channel-gateways.js';
import { Claimer } from '../../../src/modules/dispatch/application/claimer.js';
import { Intents } from '../../../src/modules/dispatch/application/intents.js';
import type { LeaseTokens } from '../../../src/modules/dispatch/application/lease-tokens.js';
import { Outcomes, type CallResult } from '../../../src/modules/dispatch/application/outcomes.js';
import { ReaperWriters } from '../../../src/modules/dispatch/application/reaper-writers.js';
import { Reaper } from '../../../src/modules/dispatch/application/reaper.js';
import { Releases } from '../../../src/modules/dispatch/application/releases.js';
import type { ClaimedDelivery, IntendedDelivery } from '../../../src/modules/dispatch/dispatch-types.js';
import type { LanesRepository } from '../../../src/modules/rate-limit/index.js';
import { RunCanceller } from '../../../src/modules/schedules/application/run-canceller.js';
import { RunFinisher } from '../../../src/modules/schedules/application/run-finisher.js';
import { RunMaterialiser } from '../../../src/modules/schedules/application/run-materialiser.js';
import { RunWriter } from '../../../src/modules/schedules/application/run-writer.js';
import type { ScheduleAnnouncements } from '../../../src/modules/schedules/application/schedule-announcements.js';
import { ScheduleFirer } from '../../../src/modules/schedules/application/schedule-firer.js';
import { ScheduleParking } from '../../../src/modules/schedules/application/schedule-parking.js';
import { parseConfig } from '../../../src/platform/config/app-config.js';
import type { Database } from '../../../src/platform/database/database.js';
import type { WorkerDatabase } from '../../../src/platform/database/worker-database.js';
import { Logger } from '../../../src/platform/logging/logger.js';
import { prepared } from '../../support/workers.js';
import type { ModelRepositories } from '../model/model-process.js';

/** Names that both databases have for a delivery, whatever ids they gave it. */
export type NameOf = (deliveryId: string) => string;

/** One of the two databases, with the same services on it. */
export interface Side {
  readonly repositories: ModelRepositories;
  readonly database: WorkerDatabase;
  readonly services: Services;
  /** Everything that is stored, by names that both sides have. */
  dump(): Promise<unknown>;
  /** Every delivery by its name. */
  names(): Promise<ReadonlyMap<string, string>>;
}

const clock = { nowMs: () => 0, monotonicMs: () => 0 };
const silent = Logger.create('silent');
const nobody = new Proxy({}, { get: () => () => undefined });
const config = parseConfig({ NODE_ENV: 'test' });

/** The program's own services, told what time it is by the database and what is random by nobody. */
export class Services {
  readonly claimer: Claimer;
  readonly intents: Intents;
  readonly outcomes: Outcomes;
  readonly releases: Releases;
  readonly reaper: Reaper;
  readonly firer: ScheduleFirer;
  readonly materialiser: RunMaterialiser;
  readonly finisher: RunFinisher;
  readonly parking: ScheduleParking;
  readonly canceller: RunCanceller;
  readonly applier: StatusEventApplier;
  /** The last lease token; both sides count from the same. */
  token = 0;

  constructor(database: WorkerDatabase, repositories: ModelRepositories) {
    if (!config.ok) throw new Error(config.error.join('; '));
    const { claims, facts, intents, outcomes, leases, firing, finishing } = repositories;
    const lanes = repositories.lanes as unknown as LanesRepository;
    const news = nobody as unknown as Announcements;
    const scheduleNews = nobody as unknown as ScheduleAnnouncements;
    const tokens = { take: () => Promise.resolve((this.token += 1)) } as unknown as LeaseTokens;
    this.claimer = new Claimer(database, claims, facts, lanes, tokens, clock);
    this.intents = new Intents(database, intents, news, clock);
    const channels = { openCircuit: () => Promise.resolve(true) } as unknown as ChannelsService;
    const random = { next: () => 0.5 };
    this.outcomes = new Outcomes(outcomes, lanes, channels, news, random);
    this.releases = new Releases(outcomes, leases, news);
    const gateways = { ensure: () => Promise.resolve(), get: () => undefined } as unknown as ChannelGateways;
    const writers = new ReaperWriters(this.outcomes, this.releases, gateways);
    this.reaper = new Reaper(database, leases, writers, clock, silent);
    this.firer = new ScheduleFirer(database, firing, config.value, silent);
    this.finisher = new RunFinisher(database, finishing, scheduleNews, silent);
    const writer = new RunWriter(repositories.materialising, undefined as never);
    this.materialiser = new RunMaterialiser(database, writer, this.finisher, scheduleNews, silent);
    this.parking = new ScheduleParking(repositories.parking);
    this.canceller = new RunCanceller(repositories.cancelling, scheduleNews);
    const events = repositories.events as unknown as ProviderEventsRepository;
    const projector = new ReceiptProjector(repositories.receipts, events);
    const deliveryNews = nobody as unknown as DeliveryAnnouncements;
    this.applier = new StatusEventApplier(database as unknown as Database, events, projector, deliveryNews);
  }
}

/** What a call came to, as the sender tells it. */
export function resultOf(delivery: IntendedDelivery, outcome: CallOutcome): CallResult {
  const { tenantId, deliveryId, scheduleId, runId, channelId, contactId, token } = delivery;
  const { attempt, attemptsBefore, guarantee, doubted } = delivery;
  return {
    tenantId,
    deliveryId,
    scheduleId,
    runId,
    channelId,
    contactId,
    token,
    attempt,
    attemptsBefore,
    guarantee,
    doubted,
    retryPolicy: FIXED_5_SECONDS,
    idempotentGateway: false,
    settleMs: 20_000,
    rememberGatewayId: true,
    outcome,
    durationMs: 10,
    knownAtMs: null,
    text: null,
    to: null,
    variation: null,
    nicknameUsed: null,
  };
}

/** A claimed delivery with its text. */
export function written(delivery: ClaimedDelivery) {
  return { ...prepared(delivery), retryPolicy: FIXED_5_SECONDS };
}
