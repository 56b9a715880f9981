import { DeliveryChangesRepository } from '../../src/modules/delivery-logs/persistence/delivery-changes.repository.js';
import type { ScheduleAnnouncements } from '../../src/modules/schedules/application/schedule-announcements.js';
import type { ScheduleChanger } from '../../src/modules/schedules/application/schedule-changer.js';
import { DeliveryRequeuer, RunFinisher } from '../../src/modules/schedules/index.js';
import { FinishingRepository } from '../../src/modules/schedules/persistence/finishing.repository.js';
import { ParkingRepository } from '../../src/modules/schedules/persistence/parking.repository.js';
import { RequeueingRepository } from '../../src/modules/schedules/persistence/requeueing.repository.js';
import type { Database } from '../../src/platform/database/database.js';
import type { Sql } from '../../src/platform/database/sql.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { aDelivery, type DeliveryInState, type StoredDelivery } from '../support/factories/deliveries.js';
import { aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import { allClients, findings, overtaken, type Scenario } from './world.js';

const nobody = new Proxy({}, { get: () => () => undefined }) as unknown as ScheduleAnnouncements;

/** What ended is queued again once, only when it may, and what it belongs to is open again with it. */
export const requeueing: Scenario = async ({ admin, database, db }) => {
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const repository = new RequeueingRepository();
  const noChanger = undefined as unknown as ScheduleChanger;
  const requeuer = new DeliveryRequeuer(database as unknown as Database, repository, noChanger, nobody);
  const failed: StoredDelivery[] = [];
  for (let n = 0; n < 6; n += 1) failed.push(await aDelivery(admin, scope, { state: 'failed' }));
  let requeued = 0;
  const failures = await allClients(async () => {
    for (const { id } of failed) {
      const { deliveries } = await database.transaction((tx) => requeuer.requeue(tx, scope, [id]));
      requeued += deliveries.length;
    }
  });
  same('deliveries that were queued again', requeued, failed.length);

  // Locks of the owners alone do not keep two from requeueing one delivery whose owners they have both passed.
  const contested = await aDelivery(admin, scope, { state: 'failed' });
  const again = (tx: Sql) => repository.requeue(tx, scope, [contested.id], ['failed'], null);
  const second = await overtaken({ admin }, db.database, again, () => again(database));
  none('deliveries that were queued a second time', second);

  const refused = async (what: string, state: DeliveryInState, from: DeliveryInState[], version: number | null) => {
    const { id } = await aDelivery(admin, scope, { state });
    none(what, await repository.requeue(database, scope, [id], from as 'sent'[], version));
  };
  await refused('a sent delivery was queued again', 'sent', ['failed'], null);
  await refused('a delivery of another version was queued again', 'failed', ['failed'], 99);
  await refused('a delivery was queued twice', 'uncertain_waiting', ['uncertain'], null);
  const cancelled = await aSchedule(admin, scope, { status: 'CANCELLED' });
  const over = await aDelivery(admin, scope, { state: 'failed', scheduleId: cancelled });
  none('of a cancelled schedule', await repository.requeue(database, scope, [over.id], ['failed'], null));

  const stopped = await aRun(admin, scope, cancelled, { status: 'CANCELLED' });
  await repository.reopenRuns(database, scope, [stopped]);
  const ended = await aSchedule(admin, scope, { status: 'COMPLETED' });
  none('schedules that were over and are not any more', await repository.reopenSchedules(database, scope, [ended]));
  const runs = await admin.query(`SELECT FROM schedule_runs WHERE id = $1 AND status <> 'CANCELLED'`, [stopped]);
  none('cancelled runs that were opened again', runs);
  return [...failures, ...found, ...(await requeueAgainstFinish({ admin, database, db }, scope))];
};

/** Schedule before run, as whoever ends runs does: the other way round the two wait for each other. */
async function requeueAgainstFinish(
  { admin, database, db }: Pick<Parameters<Scenario>[0], 'admin' | 'database' | 'db'>,
  scope: TenantScope,
): Promise<string[]> {
  const repository = new RequeueingRepository();
  const scheduleId = await aSchedule(admin, scope, { status: 'PENDING', type: 'RECURRING' });
  const { id, runId, tenantId } = await aDelivery(admin, scope, { state: 'failed', scheduleId });
  const finisher = new RunFinisher(database, new FinishingRepository(), nobody, Logger.create('silent'));
  const { finished } = await overtaken(
    { admin },
    // The locks are those of the mutant, the rest is the first transaction's.
    { transaction: (work) => database.transaction(work) },
    (tx) => repository.lockOwners(tx, scope, [id]),
    () => finisher.finish([{ tenantId, runId, scheduleId }]),
    async (tx) => {
      await repository.requeue(tx, scope, [id], ['failed'], null);
      await repository.reopenRuns(tx, scope, [runId]);
      await repository.reopenSchedules(tx, scope, [scheduleId]);
    },
  );
  const wrong = await db.database.query(
    `SELECT FROM schedule_runs r JOIN delivery_queue q ON q.run_id = r.id WHERE r.id = $1 AND r.status <> 'RUNNING'`,
    [runId],
  );
  return [
    ...(finished > 0 ? ['a run was ended while a delivery of it was queued again'] : []),
    ...(wrong.length > 0 ? ['a run is over and has something in the queue'] : []),
  ];
}

/** A change of a schedule reaches what waits, once, and nothing else. */
export const parking: Scenario = async ({ admin, database, db }) => {
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const repository = new ParkingRepository();
  const scheduleId = await aSchedule(admin, scope, { status: 'PAUSED', priority: 3 });
  const runId = await aRun(admin, scope, scheduleId);
  const key = { tenantId: scope.tenantId, scheduleId };
  const states: DeliveryInState[] = ['retrying', 'rate_limited', 'claimed', 'sending', 'uncertain_waiting'];
  const first = await aDelivery(admin, scope, { state: 'pending', scheduleId, runId });
  for (const state of states) await aDelivery(admin, scope, { state, scheduleId, runId });
  const waits = () =>
    admin.query(
      `SELECT state::text, ready_at < 'infinity' AS "isOnTheClock", parked_at FROM delivery_queue ORDER BY delivery_id`,
    );
  const instants = () => admin.query(`SELECT ready_at FROM delivery_queue ORDER BY delivery_id`);
  const before = await instants();
  const parked = await allClients(async () => void (await repository.park(database, key, 10)));
  same(
    'on the clock while paused',
    (await waits()).map((row) => (row as { isOnTheClock: boolean }).isOnTheClock),
    [false, false, false, true, true, true],
  );
  none('parked a second time', await repository.park(database, key, 10));
  // What a claim is just taking is not touched, neither in the one direction nor in the other.
  const besideClaim = async (work: () => Promise<number>): Promise<number> => {
    const take = `UPDATE delivery_queue SET state = 'claimed' WHERE delivery_id = $1`;
    const count = await overtaken({ admin }, db.database, (tx) => tx.execute(take, [first.id]), work);
    await admin.execute(`UPDATE delivery_queue SET state = 'pending' WHERE delivery_id = $1`, [first.id]);
    return count;
  };
  same('given back beside a claim', await besideClaim(() => repository.unpark(database, key, 10)), 2);
  await repository.unpark(database, key, 10);
  same('parked beside a claim', await besideClaim(() => repository.park(database, key, 10)), 2);
  await repository.park(database, key, 10);
  same('given back', await repository.unpark(database, key, 10), 3);
  same('instants after a resume', await instants(), before);
  none('given back a second time', await repository.unpark(database, key, 10));

  // A batch of a pause that meets a resume must not outlast it.
  await overtaken(
    { admin },
    { transaction: (work) => database.transaction(work) },
    (tx) => repository.readForShare(tx, key),
    () => db.database.execute(`UPDATE schedules SET status = 'PROCESSING' WHERE id = $1`, [scheduleId]),
    async (tx) => {
      const { isPaused } = (
        await admin.query<{ isPaused: boolean }>(
          `SELECT status = 'PAUSED' AS "isPaused" FROM schedules WHERE id = $1`,
          [scheduleId],
        )
      )[0] as { isPaused: boolean };
      const count = await repository.park(tx, key, 10);
      if (!isPaused) none('parked after a resume', count);
    },
  );
  await repository.unpark(database, key, 10);

  await admin.execute(
    `UPDATE schedules SET priority = 9, respect_rate_limit = false, expires_after_seconds = 60 WHERE id = $1`,
    [scheduleId],
  );
  same('changed beside a claim', await besideClaim(() => repository.applySettings(database, key, 10)), 2);
  same('changed by an edit', await repository.applySettings(database, key, 10), 1);
  none('changed again by the same edit', await repository.applySettings(database, key, 10));
  const priorities = await admin.query<{ priority: number }>(
    'SELECT priority FROM delivery_queue ORDER BY delivery_id',
  );
  same(
    'priorities after an edit',
    priorities.map((row) => row.priority),
    [9, 9, 9, 3, 3, 3],
  );
  return [...parked, ...found];
};

/** A person's change of one delivery finds it in the state that it is for, or does nothing. */
export const changing: Scenario = async ({ admin, database }) => {
  const { found, none } = findings();
  const scope = await aTenant(admin);
  const repository = new DeliveryChangesRepository();
  const fails = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const isDone = await work().then(
      () => true,
      (error: Error) => {
        if (!/could not be|disagree/.test(error.message)) throw error;
        return false;
      },
    );
    none(what, isDone);
  };
  const make = async (state: DeliveryInState) => (await aDelivery(admin, scope, { state })).id;
  for (const state of ['sending', 'uncertain_waiting'] as const) {
    const cancelled = await repository.cancelIfNotSending(database, scope, await make(state));
    none(`cancelled while ${state}`, cancelled !== null);
  }
  const claimed = await make('claimed');
  await fails('rescheduled while claimed', () => repository.reschedule(database, scope, claimed, new Date()));
  const sent = await make('sent');
  await fails('a sent delivery was marked failed', () => repository.markFailed(database, scope, sent));
  none('a pending delivery was hurried', await repository.sendAgainNow(database, scope, await make('retrying')));
  const scheduleId = await aSchedule(admin, scope, { status: 'CANCELLED', guarantee: 'AT_LEAST_ONCE' });
  const { id } = await aDelivery(admin, scope, { state: 'uncertain_waiting', scheduleId });
  none('hurried although its schedule is cancelled', await repository.sendAgainNow(database, scope, id));
  return found;
};
