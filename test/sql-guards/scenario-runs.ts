import { RunFinisher } from '../../src/modules/schedules/application/run-finisher.js';
import type { ScheduleAnnouncements } from '../../src/modules/schedules/application/schedule-announcements.js';
import { ScheduleFirer } from '../../src/modules/schedules/application/schedule-firer.js';
import { CancellingRepository } from '../../src/modules/schedules/persistence/cancelling.repository.js';
import { FinishingRepository } from '../../src/modules/schedules/persistence/finishing.repository.js';
import { FiringRepository } from '../../src/modules/schedules/persistence/firing.repository.js';
import { MaterialisingRepository } from '../../src/modules/schedules/persistence/materialising.repository.js';
import { parseConfig } from '../../src/platform/config/app-config.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { aDelivery, type DeliveryInState } from '../support/factories/deliveries.js';
import { aContact, aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import { addTargets, aTimedSchedule, runsOf, scheduleOf } from '../support/scheduling.js';
import { allClients, findings, overtaken, type Scenario } from './world.js';

const silent = Logger.create('silent');
const nobody = new Proxy({}, { get: () => () => undefined }) as unknown as ScheduleAnnouncements;
const config = parseConfig({ NODE_ENV: 'test' });
if (!config.ok) throw new Error(config.error.join('; '));

/** Each occurrence once: not before its time, not again after an edit, and early for contacts whose day begins before. */
export const occurring: Scenario = async ({ admin, database, db }) => {
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const repository = new FiringRepository();
  const firer = new ScheduleFirer(database, repository, config.value, silent);
  const future = await aTimedSchedule(admin, scope, { dueInSeconds: 3_600 });
  const edited = await aTimedSchedule(admin, scope, { cronExpression: '0 0 * * *', dueInSeconds: -2 });
  const { nextRunAt } = await scheduleOf(admin, edited);
  await aRun(admin, scope, edited, { dueAt: nextRunAt as Date, status: 'COMPLETED' });
  const ahead: string[] = [];
  for (let n = 0; n < 6; n += 1) {
    const timing = { cronExpression: '0 0 1 * *', perContactTimeZone: true, misfirePolicy: 'ALL' } as const;
    ahead.push(await aTimedSchedule(admin, scope, { ...timing, dueInSeconds: 3_600 + n }));
  }
  const [waiting] = ahead as [string];
  await aRun(admin, scope, waiting, { status: 'RUNNING' });
  // Who fires a schedule, or changes it, is not waited for.
  const zonesNow = { zones: ['America/Cuiaba'], until: [Date.now() + 7_200_000] };
  for (const [id, lock] of [
    [edited, (tx: Sql) => repository.lockDue(tx, 0, 10)],
    [ahead.at(-1) as string, (tx: Sql) => repository.lockEarly(tx, zonesNow, 10)],
  ] as const) {
    const beside = await overtaken(
      { admin },
      db.database,
      (tx) => tx.execute('UPDATE schedules SET updated_at = now() WHERE id = $1', [id]),
      () => database.transaction(lock),
    );
    none(
      'locked beside somebody else',
      beside.filter((schedule) => schedule.scheduleId === id),
    );
  }
  const soon = { zones: ['America/Cuiaba', 'Asia/Tokyo'], until: [Date.now(), Date.now() + 7_200_000] };
  none('schedules that are not to be prepared', await database.transaction((tx) => repository.lockEarly(tx, soon, 10)));
  const failures = await allClients(async () => {
    for (let round = 0; round < 3; round += 1) await firer.fireBatch();
  });
  none('runs before their time', await runsOf(admin, future));
  same('runs of an occurrence that ran', (await runsOf(admin, edited)).length, 1);
  const { status, runCount } = await scheduleOf(admin, edited);
  same('a schedule whose occurrence ran already', { status, runCount }, { status: 'PENDING', runCount: 0 });
  for (const id of ahead.slice(1)) same('runs that are made ahead', (await runsOf(admin, id)).length, 1);
  same('runs beside one that is under way', (await runsOf(admin, waiting)).length, 1);

  // What waits for an earlier run does not fill the batch.
  const locked = await database.transaction((tx) => repository.lockEarly(tx, zonesNow, 10));
  none(
    'schedules that wait for a run',
    locked.filter((schedule) => schedule.scheduleId === waiting),
  );

  const { version } = await scheduleOf(admin, future);
  const advance = { tenantId: scope.tenantId, scheduleId: future, version: version - 1, nextRunAt: null };
  const over = { lastRunAt: null, createdRuns: 1, status: 'COMPLETED', statusReason: null } as const;
  none('moved on from a version that is gone', await repository.advance(database, [{ ...advance, ...over }]));
  return [...failures, ...found];
};

/** An audience is written down by one at a time, and not while somebody changes its schedule. */
export const writing: Scenario = async ({ admin, database, db }) => {
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const repository = new MaterialisingRepository();
  const pick = () => database.transaction((tx) => repository.pickRun(tx));
  const scheduleId = await aSchedule(admin, scope, { type: 'RECURRING' });
  const contacts = [await aContact(admin, scope), await aContact(admin, scope)];
  await addTargets(admin, scope, scheduleId, contacts);
  await aRun(admin, scope, scheduleId, { status: 'RUNNING' });
  none('picked although its audience is there', (await pick()) !== undefined);
  const cancelled = await aSchedule(admin, scope, { status: 'CANCELLED' });
  await aRun(admin, scope, cancelled, { status: 'CREATED' });
  none('picked although its schedule is cancelled', (await pick()) !== undefined);

  const runId = await aRun(admin, scope, scheduleId, { status: 'CREATED' });
  const pause = `UPDATE schedules SET status = 'PAUSED' WHERE id = $1`;
  const during = await overtaken({ admin }, db.database, (tx) => tx.execute(pause, [scheduleId]), pick);
  none('picked although its schedule is just being paused', during !== undefined);

  const note = `UPDATE schedule_runs SET reason = reason WHERE id = $1`;
  const beside = await overtaken({ admin }, db.database, (tx) => tx.execute(note, [runId]), pick);
  none('picked although somebody else has it', beside !== undefined);

  const run = await pick();
  if (run === undefined) return [...found, 'nothing was picked'];
  const all = { zones: [], instants: [] };
  const write = () => database.transaction((tx) => repository.writeNextPart(tx, run, 10, all));
  const parts = [await write(), await write()];
  same(
    'deliveries of a part that is written twice',
    parts.map((part) => part.made),
    [2, 0],
  );
  const inOrder = await database.transaction((tx) => repository.writeInOrder(tx, { ...run, runId }, contacts));
  none('deliveries that were there', inOrder);
  const [part] = parts as [(typeof parts)[number]];
  const record = () => repository.recordPart(database, run, part, false);
  same('recorded parts', [await record(), await record()], [true, false]);
  await admin.execute(`UPDATE schedule_runs SET status = 'CANCELLED' WHERE id = $1`, [runId]);
  const left = { ...run, cursor: part.cursor };
  none('recorded in a run that is over', await repository.recordPart(database, left, part, true));
  return found;
};

/** Two runs of a schedule that end at once end both, and a schedule is settled from the version that was read. */
export const settling: Scenario = async ({ admin, database, db }) => {
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const repository = new FinishingRepository();
  const finisher = new RunFinisher(database, repository, nobody, silent);
  const scheduleId = await aSchedule(admin, scope, { type: 'IMMEDIATE' });
  const runs = [await aRun(admin, scope, scheduleId), await aRun(admin, scope, scheduleId)];
  const keys = runs.map((runId) => ({ tenantId: scope.tenantId, scheduleId, runId }));
  const [one, other] = keys as [(typeof keys)[number], (typeof keys)[number]];
  const lock = (tx: Sql) => repository.lockSchedules(tx, [one]);
  const meanwhile = await overtaken({ admin }, db.database, lock, () => finisher.finish([other]));
  same('ended under the lock of somebody else', meanwhile, { finished: 0, held: 1 });
  const failures = await allClients(async (client) => void (await finisher.finish([client % 2 === 0 ? one : other])));
  await finisher.finish(keys);
  const { status, version } = await scheduleOf(admin, scheduleId);
  same('a schedule whose runs are over', status, 'COMPLETED');
  const stale = {
    tenantId: scope.tenantId,
    scheduleId,
    version: version - 1,
    status: 'COMPLETED',
    reason: null,
  } as const;
  const isDone = await repository.settle(database, [stale]).then(
    () => true,
    () => false,
  );
  none('settled from a version that is gone', isDone);
  return [...failures, ...found];
};

/** A cancel takes each delivery by its state, and ends only runs that are under way. */
export const stopping: Scenario = async ({ admin, database, db }) => {
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const repository = new CancellingRepository();
  const scheduleId = await aSchedule(admin, scope, { status: 'CANCELLED' });
  const runId = await aRun(admin, scope, scheduleId);
  const run = { tenantId: scope.tenantId, runId, scheduleId };
  const states: DeliveryInState[] = ['pending', 'claimed', 'sending', 'uncertain_waiting'];
  for (const state of states) await aDelivery(admin, scope, { state, scheduleId, runId });
  const take = `UPDATE delivery_queue SET state = 'sending' WHERE run_id = $1 AND state = 'claimed'`;
  const asked = await overtaken(
    { admin },
    db.database,
    (tx) => tx.execute(take, [runId]),
    () => repository.askClaimed(database, run, 10),
  );
  none('asked although it is just going out', asked);
  none('asked although nothing is claimed', await repository.askClaimed(database, run, 10));
  same('taken out in doubt', await repository.releaseUncertain(database, run, 10), 1);
  same('cancelled', (await repository.cancelPending(database, run, 10)).length, 1);
  const rows = await admin.query('SELECT state::text FROM delivery_queue WHERE run_id = $1', [runId]);
  same('left in the queue', rows, [{ state: 'sending' }, { state: 'sending' }]);
  const ended = await aRun(admin, scope, scheduleId, { status: 'COMPLETED' });
  none('a completed run was cancelled', await repository.markCancelled(database, { ...run, runId: ended }));
  return found;
};
