import { RunCanceller } from '../../src/modules/schedules/application/run-canceller.js';
import { RunFinisher } from '../../src/modules/schedules/application/run-finisher.js';
import { RunMaterialiser } from '../../src/modules/schedules/application/run-materialiser.js';
import { RunWriter } from '../../src/modules/schedules/application/run-writer.js';
import type { ScheduleAnnouncements } from '../../src/modules/schedules/application/schedule-announcements.js';
import { ScheduleFirer } from '../../src/modules/schedules/application/schedule-firer.js';
import { CancellingRepository } from '../../src/modules/schedules/persistence/cancelling.repository.js';
import { FinishingRepository } from '../../src/modules/schedules/persistence/finishing.repository.js';
import { FiringRepository } from '../../src/modules/schedules/persistence/firing.repository.js';
import { MaterialisingRepository } from '../../src/modules/schedules/persistence/materialising.repository.js';
import { ParkingRepository } from '../../src/modules/schedules/persistence/parking.repository.js';
import { IntentsRepository } from '../../src/modules/dispatch/persistence/intents.repository.js';
import { parseConfig } from '../../src/platform/config/app-config.js';
import { newId } from '../../src/platform/database/ids.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import { aGroupOf, addTargets, aTimedSchedule } from '../support/scheduling.js';
import { aClaimer, aLine, enqueue } from '../support/workers.js';
import { allClients, CLIENTS, type Scenario } from './world.js';

const silent = Logger.create('silent');
const nobody = new Proxy({}, { get: () => () => undefined }) as unknown as ScheduleAnnouncements;
const config = parseConfig({ NODE_ENV: 'test' });
if (!config.ok) throw new Error(config.error.join('; '));

const SCHEDULES = 30;
const MOST_RUNS = 8;

/** Every occurrence gets one run, the count is right, the bound is kept, and nothing stays due. */
export const firing: Scenario = async ({ admin, database }) => {
  await dueSchedules(admin);
  const firer = new ScheduleFirer(database, new FiringRepository(), config.value, silent);
  const failures = await allClients(async () => {
    for (let round = 0; round < 6; round += 1) await firer.fireBatch();
  });
  return [...failures, ...(await firingErrors(admin))];
};

/**
 * The same with lock, insert and guarded advance in one statement: the lock answers with the newest row and the guard
 * compares the snapshot's, so that runs are made which nobody counts.
 */
export const firingInOneStatement: Scenario = async ({ admin, database }) => {
  await dueSchedules(admin);
  const failures = await allClients(async () => {
    for (let round = 0; round < 40; round += 1) {
      await database.execute(
        `WITH due AS (
           SELECT tenant_id, id, version, next_run_at FROM schedules WHERE next_run_at <= clock_timestamp()
            ORDER BY next_run_at LIMIT 5 FOR NO KEY UPDATE SKIP LOCKED),
         made AS (
           INSERT INTO schedule_runs (tenant_id, id, schedule_id, due_at, status)
           SELECT tenant_id, gen_random_uuid(), id, next_run_at, 'CREATED' FROM due
           ON CONFLICT (tenant_id, schedule_id, due_at) DO NOTHING)
         UPDATE schedules s SET next_run_at = s.next_run_at + interval '1 second', run_count = s.run_count + 1, version = s.version + 1
           FROM due WHERE s.tenant_id = due.tenant_id AND s.id = due.id AND s.version = due.version AND s.run_count < ${MOST_RUNS}`,
      );
    }
  });
  return [...failures, ...(await firingErrors(admin))];
};

/** Each contact once a run, however many groups name it, and nobody missing. */
export const materialising: Scenario = async ({ admin, database }) => {
  const scope = await aTenant(admin);
  const contacts = 1_200;
  const group = await aGroupOf(admin, scope, contacts);
  const scheduleId = await aSchedule(admin, scope, { type: 'RECURRING', status: 'PROCESSING' });
  await addTargets(admin, scope, scheduleId, [], [group]);
  await admin.execute(
    `INSERT INTO schedule_target_contacts SELECT tenant_id, $1, id FROM contacts ORDER BY id LIMIT 100`,
    [scheduleId],
  );
  for (let n = 0; n < 4; n += 1) await aRun(admin, scope, scheduleId, { status: 'CREATED' });
  const finisher = { noteTouched: () => undefined } as unknown as RunFinisher;
  const writer = new RunWriter(new MaterialisingRepository(), undefined as never);
  const materialiser = new RunMaterialiser(database, writer, finisher, nobody, silent);
  const failures = await allClients(async () => {
    for (let round = 0; round < 4; round += 1) await materialiser.runOnce();
  });
  const rows = await admin.query<{ id: string; status: string; made: number; counted: number }>(
    `SELECT r.id, r.status, r.audience_count AS counted, count(d.id)::int AS made
       FROM schedule_runs r LEFT JOIN deliveries d ON d.run_id = r.id GROUP BY r.tenant_id, r.id`,
  );
  return [
    ...failures,
    ...rows
      .filter((row) => row.status !== 'RUNNING' || row.made !== contacts || row.counted !== contacts)
      .map((row) => `a run is ${row.status} with ${row.made} deliveries, ${row.counted} counted, of ${contacts}`),
  ];
};

/** A run ends when nothing of it is queued, and stays open while somebody reopens it. */
export const finishing: Scenario = async ({ admin, database }) => {
  for (let n = 0; n < 12; n += 1) await enqueue(admin, await aLine(admin), 2);
  const finisher = new RunFinisher(database, new FinishingRepository(), nobody, silent);
  const runs = await admin.query<{ tenantId: string; runId: string; scheduleId: string }>(
    `SELECT tenant_id AS "tenantId", id AS "runId", schedule_id AS "scheduleId" FROM schedule_runs`,
  );
  await admin.execute(`UPDATE schedules SET type = 'RECURRING', next_run_at = now() + interval '1 hour'`);
  const failures = await allClients(async (client) => {
    for (let round = 0; round < 8; round += 1) {
      // Most of the runs keep something until the end.
      if (client === 0) {
        await admin.execute(
          `WITH gone AS (DELETE FROM delivery_queue WHERE delivery_id IN (
             SELECT delivery_id FROM delivery_queue ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING delivery_id)
           UPDATE deliveries SET status = 'sent' WHERE id IN (SELECT delivery_id FROM gone)`,
        );
      }
      // As the sweep does, and as somebody who looked a moment ago.
      await finisher.finish(runs);
    }
  });
  const [wrong] = await admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM schedule_runs r
      WHERE r.status NOT IN ('CREATED', 'RUNNING') AND EXISTS (SELECT FROM delivery_queue q WHERE q.run_id = r.id)`,
  );
  await admin.execute(`UPDATE schedule_runs SET status = 'CANCELLED'`);
  await finisher.finish(runs);
  const [completed] = await admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM schedule_runs WHERE status LIKE 'COMPLETED%'`,
  );
  return [
    ...failures,
    ...(wrong?.count ? [`${wrong.count} runs are over and have something in the queue`] : []),
    ...(completed?.count ? [`${completed.count} cancelled runs were completed`] : []),
  ];
};

/** Nothing is intended after a pause has committed, and after a resume nothing stays parked. */
export const pausing: Scenario = async ({ admin, database, db }) => {
  const line = await aLine(admin);
  await enqueue(admin, line, 300);
  const { tenantId } = line.scope;
  const key = { tenantId, scheduleId: line.scheduleId };
  const parking = new ParkingRepository();
  const intents = new IntentsRepository();
  const violations: string[] = [];
  let isOver = false;
  const people = await db.another();
  const setStatus = (status: string): Promise<unknown> =>
    people.execute('UPDATE schedules SET status = $2 WHERE id = $1', [line.scheduleId, status]);
  const changing = (async () => {
    for (let round = 0; round < 12; round += 1) {
      await setStatus('PAUSED');
      const [before] = await admin.query<{ count: number }>('SELECT count(*)::int AS count FROM delivery_attempts');
      await database.transaction(async (tx) => {
        const seen = await parking.readForShare(tx, key);
        return seen?.isPaused ? parking.park(tx, key, 1_000) : 0;
      });
      await moments(15);
      const [after] = await admin.query<{ count: number }>('SELECT count(*)::int AS count FROM delivery_attempts');
      if (before?.count !== after?.count) violations.push('intents were committed during a pause');
      await setStatus('PROCESSING');
      await database.transaction(async (tx) => {
        const seen = await parking.readForShare(tx, key);
        return seen?.isPaused ? 0 : parking.unpark(tx, key, 1_000);
      });
      await moments(5);
    }
    isOver = true;
  })();
  const failures = await allClients(async () => {
    const claimer = aClaimer(database);
    while (!isOver) {
      const { taken } = await claimer.claim(newId(), [], () => 1);
      if (taken.length === 0) await moments(2);
      for (const delivery of taken) {
        await database.transaction(async (tx) => {
          const [gate] = await intents.scheduleGates(tx, [{ tenantId, id: line.scheduleId }]);
          if (gate?.status !== 'PROCESSING') return;
          await moments(3);
          await intents.intend(tx, [delivery]);
        });
      }
    }
  }, CLIENTS / 2);
  await changing;
  const [parked] = await admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM delivery_queue WHERE wait_reason = 'paused' OR (state = 'pending' AND ready_at = 'infinity')`,
  );
  return [...failures, ...violations, ...(parked?.count ? [`${parked.count} deliveries are parked for ever`] : [])];
};

/** A cancel takes what waits and what nobody has called for, and nothing that is at a gateway. */
export const cancelling: Scenario = async (world) => {
  const { admin, database } = world;
  const line = await aLine(admin);
  await enqueue(admin, line, 200);
  const run = { tenantId: line.scope.tenantId, runId: line.runId, scheduleId: line.scheduleId };
  const runIds = await admin.query<{ runId: string }>('SELECT id AS "runId" FROM schedule_runs');
  const canceller = new RunCanceller(new CancellingRepository(), nobody);
  const intents = new IntentsRepository();
  const called: string[] = [];
  const failures = await allClients(async (client) => {
    const claimer = aClaimer(database);
    for (let round = 0; round < 6; round += 1) {
      if (client < 4) {
        for (let wait = 0; called.length < 20 && wait < 1_000; wait += 1) await moments(1);
        for (const { runId } of runIds) await canceller.sweep(database, { ...run, runId }, () => true);
        continue;
      }
      const { taken } = await claimer.claim(newId(), [], () => 4);
      const intended = await database.transaction((tx) => intents.intend(tx, taken));
      called.push(...intended.map((row) => row.deliveryId));
    }
  });
  const cancelled = await admin.query<{ id: string }>(
    `SELECT id FROM deliveries WHERE status = 'cancelled' AND id = ANY ($1::uuid[])`,
    [called],
  );
  const [twice] = await admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM deliveries d JOIN delivery_queue q ON q.delivery_id = d.id WHERE d.status = 'cancelled'`,
  );
  // A run of a schedule that is not cancelled is nobody's to end, and one with something left in the queue neither.
  const [early] = await admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM schedule_runs WHERE status = 'CANCELLED'`,
  );
  await admin.execute(`UPDATE schedules SET status = 'CANCELLED'`);
  for (const { runId } of runIds) await new CancellingRepository().markCancelled(database, { ...run, runId });
  const [left] = await admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM schedule_runs r WHERE r.status = 'CANCELLED' AND EXISTS (SELECT FROM delivery_queue q WHERE q.run_id = r.id)`,
  );
  return [
    ...failures,
    ...(cancelled.length > 0 ? [`${cancelled.length} deliveries were called for and cancelled`] : []),
    ...(twice?.count ? [`${twice.count} cancelled deliveries are in the queue`] : []),
    ...(early?.count ? [`${early.count} runs of a schedule that goes on were cancelled`] : []),
    ...(left?.count ? [`${left.count} cancelled runs have something in the queue`] : []),
  ];
};

/** What is wrong with what was fired. */
async function firingErrors(admin: Sql): Promise<string[]> {
  const rows = await admin.query<{ id: string; runCount: number; runs: number; isDue: boolean; occurrences: number }>(
    `SELECT s.id, s.run_count AS "runCount", s.next_run_at < now() - interval '5 seconds' AS "isDue",
            count(r.id) FILTER (WHERE r.status = 'CREATED')::int AS runs, count(DISTINCT r.due_at)::int AS occurrences
       FROM schedules s LEFT JOIN schedule_runs r ON r.schedule_id = s.id GROUP BY s.tenant_id, s.id`,
  );
  return [
    ...rows
      .filter((row) => row.runCount !== row.runs)
      .map((row) => `${row.id} counts ${row.runCount} of ${row.runs} runs`),
    ...rows.filter((row) => row.runs > MOST_RUNS).map((row) => `${row.id} ran ${row.runs} times`),
    ...rows.filter((row) => row.runs === 0).map((row) => `${row.id} never ran`),
    ...rows.filter((row) => row.isDue).map((row) => `${row.id} is stuck`),
  ];
}

/** Schedules of which a dozen occurrences are due. */
async function dueSchedules(admin: Sql): Promise<void> {
  const scope = await aTenant(admin);
  const timing = {
    cronExpression: '* * * * * *',
    dueInSeconds: -12,
    misfirePolicy: 'ALL',
    misfireGraceSeconds: 60,
  } as const;
  for (let n = 0; n < SCHEDULES; n += 1) await aTimedSchedule(admin, scope, { ...timing, maxRuns: MOST_RUNS });
}

/** Lets the others get on. */
function moments(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
