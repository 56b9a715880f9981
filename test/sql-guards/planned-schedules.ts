import { CancellingRepository } from '../../src/modules/schedules/persistence/cancelling.repository.js';
import { FinishingRepository } from '../../src/modules/schedules/persistence/finishing.repository.js';
import { FiringRepository } from '../../src/modules/schedules/persistence/firing.repository.js';
import { MaterialisingRepository } from '../../src/modules/schedules/persistence/materialising.repository.js';
import { ParkingRepository } from '../../src/modules/schedules/persistence/parking.repository.js';
import { ReplanningRepository } from '../../src/modules/schedules/persistence/replanning.repository.js';
import { CAMPAIGN, FILLED, idOf } from './million-rows.js';
import { NO_NAME } from './explained.js';
import type { PlannedStatement } from './planned-dispatch.js';

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const HOUR_MS = 3_600_000;
const PAGE = 500;
const ZONES = { zones: ['America/Cuiaba'], until: [Date.now() + 20 * HOUR_MS] };
/** What a sort that knows half of its order reads beyond the limit. */
const SORT_AHEAD = 40;

const runKey = (n: number) => ({ tenantId: idOf.tenant(n), runId: idOf.run(n), scheduleId: idOf.schedule(n) });
const running = runKey(CAMPAIGN.running);
const paused = runKey(CAMPAIGN.paused);
const tenRuns = Array.from({ length: 100 }, (_, n) => idOf.run(3 + n));

const firing = new FiringRepository();
const finishing = new FinishingRepository();
const materialising = new MaterialisingRepository();
const parking = new ParkingRepository();
const cancelling = new CancellingRepository();
const replanning = new ReplanningRepository();

/** What the poller asks. */
const FIRING: readonly PlannedStatement[] = [
  {
    statement: 'schedules-lock-due',
    run: (sql) => firing.lockDue(sql, 1_250, 100),
    indexes: ['schedules_due'],
    most: 100 + SORT_AHEAD,
    buffers: 500,
    finds: 100,
  },
  {
    // All schedules by their contacts' zones of the next day, for their zones.
    statement: 'schedules-zones-ahead',
    run: (sql) => firing.zonesAhead(sql, 26 * HOUR_MS),
    indexes: ['schedules_due_by_contact'],
    most: FILLED.aheadSchedules,
    buffers: 1_000,
    finds: 1,
  },
  {
    statement: 'schedules-lock-early',
    run: (sql) => firing.lockEarly(sql, ZONES, 100),
    indexes: ['schedules_due_by_contact', 'schedule_runs_unfinished'],
    most: 2 * (100 + SORT_AHEAD),
    buffers: 1_500,
    finds: 100,
  },
  {
    statement: 'schedules-next-due',
    run: (sql) => firing.nextDueInMs(sql),
    indexes: ['schedules_due'],
    most: 1,
    buffers: 20,
    finds: 1,
  },
  {
    statement: 'schedules-upcoming',
    run: (sql) => firing.upcoming(sql, 600_000, 2_000),
    indexes: ['schedules_due'],
    most: 2_000,
    buffers: 200,
    finds: FILLED.dueSchedules,
  },
  {
    statement: 'runs-pick-to-materialise',
    run: (sql) => materialising.pickRun(sql),
    indexes: ['schedule_runs_created', 'schedules_pkey'],
    most: 2 * FILLED.createdRuns,
    buffers: 50,
    finds: 1,
  },
];

/** What ends runs, and carries changes of schedules over to what waits. */
const RUNS: readonly PlannedStatement[] = [
  {
    statement: 'runs-sweep-page',
    run: (sql) => finishing.sweepPage(sql, FIRST_ID, PAGE),
    indexes: ['schedule_runs_running', 'schedules_pkey', 'delivery_queue_run', 'delivery_queue_parked'],
    most: 4 * PAGE,
    buffers: 20 * PAGE,
    finds: PAGE,
  },
  {
    statement: 'runs-cancelled-while-created',
    run: (sql) => finishing.cancelledWhileCreated(sql, PAGE),
    indexes: ['schedule_runs_created'],
    most: 2 * FILLED.createdRuns,
    buffers: 50,
  },
  {
    statement: 'runs-done-among',
    run: (sql) => finishing.doneAmong(sql, tenRuns),
    indexes: ['schedule_runs_running', 'delivery_queue_run'],
    most: 2 * tenRuns.length,
    buffers: 1_500,
  },
  {
    statement: 'campaigns-with-work',
    run: (sql) => replanning.withWork(sql, 50, null),
    indexes: ['schedule_runs_campaigns', 'schedule_runs_to_plan'],
    most: 20,
    buffers: 100,
    finds: 1,
  },
  {
    statement: NO_NAME,
    run: (sql) => replanning.waiting(sql, running, 'late', true),
    indexes: ['deliveries_pkey'],
    most: 3 * FILLED.late,
    buffers: 1_000,
    finds: FILLED.late,
  },
  {
    // A batch reads all that is parked of its run, and nothing of any other.
    statement: 'schedules-unpark',
    run: (sql) => parking.unpark(sql, paused, 5_000),
    indexes: ['delivery_queue_parked', 'delivery_queue_pkey', 'schedule_runs_unfinished'],
    most: FILLED.parked + 10_000,
    buffers: 250_000,
    finds: 1,
  },
  {
    statement: 'schedules-park',
    run: (sql) => parking.park(sql, running, 5_000),
    indexes: ['delivery_queue_run', 'delivery_queue_pkey', 'schedule_runs_unfinished'],
    most: 3 * FILLED.late,
    buffers: 3_000,
  },
  {
    statement: 'runs-cancel-pending',
    run: (sql) => cancelling.cancelPending(sql, running, 1_000),
    indexes: ['delivery_queue_run', 'delivery_queue_pkey', 'deliveries_pkey'],
    most: 5 * FILLED.late,
    buffers: 4_000,
    finds: FILLED.late,
  },
  {
    // A run's own rows, which are none of the state that is asked for.
    statement: 'runs-ask-claimed-to-cancel',
    run: (sql) => cancelling.askClaimed(sql, paused, 1_000),
    indexes: ['delivery_queue_run'],
    most: FILLED.parked,
    buffers: 30_000,
  },
];

/** The statements of the schedules that are asked again and again, or that walk through a large table part by part. */
export const SCHEDULE_STATEMENTS: readonly PlannedStatement[] = [...FIRING, ...RUNS];
