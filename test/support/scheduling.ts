import { SchedulerRegistry } from '@nestjs/schedule';
import type { ScheduleRow } from '../../src/modules/schedules/index.js';
import {
  DeliveryRequeuer,
  RunFinisher,
  RunMaterialiser,
  ScheduleHints,
  SchedulePoller,
} from '../../src/modules/schedules/index.js';
import { CampaignRoom } from '../../src/modules/schedules/application/campaign-room.js';
import { CampaignMover } from '../../src/modules/schedules/application/campaign-mover.js';
import { CampaignPlanner } from '../../src/modules/schedules/application/campaign-planner.js';
import { CampaignReplanner } from '../../src/modules/schedules/application/campaign-replanner.js';
import { CampaignRest } from '../../src/modules/schedules/application/campaign-rest.js';
import { CampaignWriter } from '../../src/modules/schedules/application/campaign-writer.js';
import { RunCanceller } from '../../src/modules/schedules/application/run-canceller.js';
import { RunSweeper } from '../../src/modules/schedules/application/run-sweeper.js';
import { RunWriter } from '../../src/modules/schedules/application/run-writer.js';
import { ScheduleAnnouncements } from '../../src/modules/schedules/application/schedule-announcements.js';
import { ScheduleCarrier } from '../../src/modules/schedules/application/schedule-carrier.js';
import { ScheduleChanger } from '../../src/modules/schedules/application/schedule-changer.js';
import { ScheduleControlService } from '../../src/modules/schedules/application/schedule-control.service.js';
import { ScheduleFirer } from '../../src/modules/schedules/application/schedule-firer.js';
import { ScheduleParking } from '../../src/modules/schedules/application/schedule-parking.js';
import { ScheduleReferences } from '../../src/modules/schedules/application/schedule-references.js';
import { UpdateScheduleService } from '../../src/modules/schedules/application/update-schedule.service.js';
import { AudienceRepository } from '../../src/modules/schedules/persistence/audience.repository.js';
import { CampaignRunsRepository } from '../../src/modules/schedules/persistence/campaign-runs.repository.js';
import { CancellingRepository } from '../../src/modules/schedules/persistence/cancelling.repository.js';
import { FinishingRepository } from '../../src/modules/schedules/persistence/finishing.repository.js';
import { FiringRepository } from '../../src/modules/schedules/persistence/firing.repository.js';
import { MaterialisingRepository } from '../../src/modules/schedules/persistence/materialising.repository.js';
import { ParkingRepository } from '../../src/modules/schedules/persistence/parking.repository.js';
import { PlanningRepository } from '../../src/modules/schedules/persistence/planning.repository.js';
import { ReplanningRepository } from '../../src/modules/schedules/persistence/replanning.repository.js';
import { RequeueingRepository } from '../../src/modules/schedules/persistence/requeueing.repository.js';
import { RunsRepository } from '../../src/modules/schedules/persistence/runs.repository.js';
import { SchedulesRepository } from '../../src/modules/schedules/persistence/schedules.repository.js';
import { TargetsRepository } from '../../src/modules/schedules/persistence/targets.repository.js';
import { Clock, SystemClock } from '../../src/platform/clock/clock.js';
import { parseConfig } from '../../src/platform/config/app-config.js';
import type { Sql } from '../../src/platform/database/sql.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import type { BusEvent } from '../../src/platform/events/event.js';
import { InMemoryEventBus } from '../../src/platform/events/in-memory-event-bus.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { aSchedule, type ScheduleInput } from './factories/rows.js';
import type { SqlDatabase } from './sql-database.js';

const silent = Logger.create('silent');

/** The scheduling part of one replica, put together by hand; nothing of it runs by itself. */
export interface Scheduling {
  readonly worker: WorkerDatabase;
  readonly poller: SchedulePoller;
  readonly firer: ScheduleFirer;
  readonly materialiser: RunMaterialiser;
  readonly finisher: RunFinisher;
  readonly replanner: CampaignReplanner;
  readonly sweeper: RunSweeper;
  readonly hints: ScheduleHints;
  readonly registry: SchedulerRegistry;
  readonly control: ScheduleControlService;
  readonly updating: UpdateScheduleService;
  readonly requeuer: DeliveryRequeuer;
  /** What was published so far. */
  readonly events: BusEvent[];
  close(): Promise<void>;
}

export interface SchedulingParts {
  readonly materialising?: MaterialisingRepository;
  readonly firing?: FiringRepository;
  readonly clock?: Clock;
}

/** Opens a replica on a test database; some of its parts may be replaced by ones that misbehave. */
export function openScheduling(db: SqlDatabase, parts: SchedulingParts = {}, poolSize = 4): Scheduling {
  const { database, url } = db;
  const worker = new WorkerDatabase(url, poolSize, () => undefined);
  const clock = parts.clock ?? new SystemClock();
  const config = parseConfig({ NODE_ENV: 'test' });
  if (!config.ok) throw new Error(config.error.join('; '));
  const bus = new InMemoryEventBus();
  const events: BusEvent[] = [];
  bus.onEvent((signal) => {
    if (signal.kind !== 'resync') events.push(signal);
  });
  const announcements = new ScheduleAnnouncements(bus, clock);
  const firing = parts.firing ?? new FiringRepository();
  const finishing = new FinishingRepository();
  const finisher = new RunFinisher(worker, finishing, announcements, silent);
  const materialising = parts.materialising ?? new MaterialisingRepository();
  const planner = new CampaignPlanner(new PlanningRepository());
  const audiences = new AudienceRepository();
  const campaigns = new CampaignWriter(planner, audiences, new CampaignRunsRepository());
  const writer = new RunWriter(materialising, campaigns);
  const materialiser = new RunMaterialiser(worker, writer, finisher, announcements, silent);
  const replanning = new ReplanningRepository();
  const mover = new CampaignMover(replanning, planner, new CampaignRest(replanning, planner, audiences), materialising);
  const firer = new ScheduleFirer(worker, firing, config.value, silent);
  const poller = new SchedulePoller(firer, materialiser, announcements, silent);
  const canceller = new RunCanceller(new CancellingRepository(), announcements);
  const parking = new ScheduleParking(new ParkingRepository());
  const carrier = new ScheduleCarrier(database, parking, canceller, announcements, clock);
  const schedules = new SchedulesRepository(database);
  const targets = new TargetsRepository(database);
  const changer = new ScheduleChanger(schedules, targets, new RunsRepository(database), carrier, announcements);
  // For edits that refer to nothing new.
  const references = {
    contactViolations: () => Promise.resolve([]),
    groupViolations: () => Promise.resolve([]),
    channel: () => Promise.resolve({ value: null, violations: [] }),
  } as unknown as ScheduleReferences;
  const room = new CampaignRoom(audiences, replanning);
  const registry = new SchedulerRegistry();
  return {
    worker,
    poller,
    firer,
    materialiser,
    finisher,
    replanner: new CampaignReplanner(worker, replanning, mover, announcements, silent),
    sweeper: new RunSweeper(worker, finishing, finisher, canceller, parking, silent),
    hints: new ScheduleHints(worker, firing, registry, poller, silent),
    registry,
    control: new ScheduleControlService(database, changer, carrier, finishing),
    updating: new UpdateScheduleService(database, changer, references, room, config.value),
    requeuer: new DeliveryRequeuer(database, new RequeueingRepository(), changer, announcements),
    events,
    close: async () => {
      bus.stop();
      await worker.close();
    },
  };
}

export interface TimedScheduleInput extends ScheduleInput {
  readonly cronExpression?: string;
  readonly timeZone?: string;
  /** Seconds from now; negative in the past. */
  readonly dueInSeconds?: number;
  readonly nextRunAt?: Date;
  readonly endsAt?: Date;
  readonly maxRuns?: number;
  readonly runCount?: number;
  readonly misfirePolicy?: 'LATEST' | 'NONE' | 'ALL';
  readonly misfireGraceSeconds?: number;
  readonly contactIds?: readonly string[];
  readonly groupIds?: readonly string[];
  readonly perContactTimeZone?: boolean;
}

/** A schedule that waits for its time, with its targets. A single instant unless it has an expression. */
export async function aTimedSchedule(sql: Sql, scope: TenantScope, input: TimedScheduleInput = {}): Promise<string> {
  const isRecurring = input.cronExpression !== undefined;
  const id = await aSchedule(sql, scope, {
    ...input,
    type: input.type ?? (isRecurring ? 'RECURRING' : 'FUTURE'),
    status: input.status ?? 'PENDING',
  });
  const nextRunAt = input.nextRunAt ?? new Date(Date.now() + (input.dueInSeconds ?? 0) * 1_000);
  await sql.execute(
    `UPDATE schedules SET cron_expression = $2, time_zone = $3, next_run_at = $4, scheduled_at = $5, ends_at = $6, max_runs = $7,
            run_count = $8, misfire_policy = $9, misfire_grace_seconds = $10, per_contact_time_zone = $11
      WHERE id = $1`,
    [
      id,
      input.cronExpression ?? null,
      input.timeZone ?? 'America/Cuiaba',
      input.status === 'PAUSED' ? null : nextRunAt,
      isRecurring ? null : nextRunAt,
      input.endsAt ?? null,
      input.maxRuns ?? null,
      input.runCount ?? 0,
      input.misfirePolicy ?? 'LATEST',
      input.misfireGraceSeconds ?? null,
      input.perContactTimeZone ?? false,
    ],
  );
  await addTargets(sql, scope, id, input.contactIds ?? [], input.groupIds ?? []);
  return id;
}

export async function addTargets(
  sql: Sql,
  scope: TenantScope,
  scheduleId: string,
  contactIds: readonly string[],
  groupIds: readonly string[] = [],
): Promise<void> {
  await sql.execute('INSERT INTO schedule_target_contacts SELECT $1, $2, unnest($3::uuid[])', [
    scope.tenantId,
    scheduleId,
    contactIds,
  ]);
  await sql.execute('INSERT INTO schedule_target_groups SELECT $1, $2, unnest($3::uuid[])', [
    scope.tenantId,
    scheduleId,
    groupIds,
  ]);
}

/** A group of new contacts, each with a number of its own; returns the group's id. */
export async function aGroupOf(sql: Sql, scope: TenantScope, count: number): Promise<string> {
  const rows = await sql.query<{ id: string }>(
    `WITH people AS (
       INSERT INTO contacts (tenant_id, id, name, phone, phone_key)
       SELECT $1, ordered_uuid(clock_timestamp(), n), 'Contato ' || n, '+55669' || (80000000 + n), '+55669' || (80000000 + n)
         FROM generate_series(1, $2::int) n RETURNING id),
     made AS (INSERT INTO contact_groups (tenant_id, id, name) SELECT $1, gen_random_uuid(), gen_random_uuid() RETURNING id),
     members AS (INSERT INTO group_memberships SELECT $1, made.id, people.id FROM made CROSS JOIN people)
     SELECT id FROM made`,
    [scope.tenantId, count],
  );
  return (rows[0] as { id: string }).id;
}

/** A stored run. */
export interface StoredRun {
  readonly id: string;
  readonly dueAt: Date;
  readonly status: string;
  readonly reason: string | null;
  readonly missedCount: number | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** The runs of a schedule in the order of their instants. */
export function runsOf(sql: Sql, scheduleId: string): Promise<StoredRun[]> {
  return sql.query<StoredRun>(
    `SELECT id, due_at AS "dueAt", status, reason, missed_count AS "missedCount", started_at AS "startedAt",
            finished_at AS "finishedAt"
       FROM schedule_runs WHERE schedule_id = $1 ORDER BY due_at`,
    [scheduleId],
  );
}

export type StoredSchedule = Pick<
  ScheduleRow,
  'status' | 'statusReason' | 'version' | 'nextRunAt' | 'lastRunAt' | 'runCount'
>;

export async function scheduleOf(sql: Sql, scheduleId: string): Promise<StoredSchedule> {
  const rows = await sql.query<StoredSchedule>(
    `SELECT status, status_reason AS "statusReason", version, next_run_at AS "nextRunAt", last_run_at AS "lastRunAt",
            run_count AS "runCount"
       FROM schedules WHERE id = $1`,
    [scheduleId],
  );
  if (!rows[0]) throw new Error(`there is no schedule ${scheduleId}`);
  return rows[0];
}
