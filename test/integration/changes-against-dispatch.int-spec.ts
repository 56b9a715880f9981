import type { Announcements } from '../../src/modules/dispatch/application/announcements.js';
import { Intents } from '../../src/modules/dispatch/application/intents.js';
import { IntentsRepository } from '../../src/modules/dispatch/persistence/intents.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { newId } from '../../src/platform/database/ids.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { changesOn } from '../support/delivery-changes.js';
import { aDelivery } from '../support/factories/deliveries.js';
import { aContact, aTenant } from '../support/factories/rows.js';
import { aTimedSchedule, openScheduling, runsOf, scheduleOf, type Scheduling } from '../support/scheduling.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { aClaimer, aLine, enqueue, prepared, workerDatabase } from '../support/workers.js';

const ROUNDS = 60;
const LEASE_MS = 60_000;
const HOUR = 3_600_000;
const nobodyListens = { changed: () => undefined } as unknown as Announcements;

let db: SqlDatabase;
beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());

/** Both at once; which is begun first changes from round to round, so that either may win. */
async function race<A, B>(round: number, one: () => Promise<A>, other: () => Promise<B>): Promise<[A, B]> {
  if (round % 2 === 0) return Promise.all([one(), other()]);
  const second = other();
  return Promise.all([one(), second]);
}

describe('a person and a dispatcher at one delivery', () => {
  const worker = () => workerDatabase(db.url, 4);
  let database: ReturnType<typeof worker>;
  beforeAll(() => {
    database = worker();
  });
  afterAll(() => database.close());

  /** Claims what is due and commits the intent: from then on the gateway may be called. True when it may. */
  async function dispatch(): Promise<boolean> {
    const claimer = aClaimer(database);
    const intents = new Intents(database, new IntentsRepository(), nobodyListens, new SystemClock());
    const workerId = newId();
    const { taken } = await claimer.claim(workerId, [], () => 1_000);
    return taken.length > 0 && (await intents.commit(taken.map(prepared), workerId, LEASE_MS)).intended.length === 1;
  }

  async function aDueDelivery(): Promise<{ scope: TenantScope; id: string }> {
    await db.database.execute(`UPDATE channel_lanes SET open_at = 'infinity'`);
    const line = await aLine(db.database);
    await enqueue(db.database, line, 1);
    const rows = await db.database.query<{ id: string }>('SELECT id FROM deliveries WHERE channel_id = $1', [
      line.channelId,
    ]);
    return { scope: line.scope, id: (rows[0] as { id: string }).id };
  }

  it.each(['cancel', 'reschedule'] as const)(
    'never both win when the person wants to %s, and it says why',
    async (wish) => {
      const { changes } = changesOn(await db.another());
      const inAnHour = new Date(Date.now() + HOUR);
      for (let round = 0; round < ROUNDS; round += 1) {
        const { scope, id } = await aDueDelivery();
        const [changed, isIntended] = await race(
          round,
          () => (wish === 'cancel' ? changes.cancel(scope, id, 1) : changes.reschedule(scope, id, inAnHour, 1)),
          dispatch,
        );
        expect(changed.ok).toBe(!isIntended);
        expect(changed).toMatchObject(
          isIntended
            ? {
                error: {
                  kind: 'conflict',
                  message: expect.stringMatching(
                    /^The delivery was (taken up to be sent|handed to the gateway), before this reached it\.$/,
                  ) as string,
                  current: { status: expect.stringMatching(/^(PENDING|SENDING)$/) as string },
                },
              }
            : {
                value: wish === 'cancel' ? { status: 'CANCELLED' } : { status: 'PENDING', dueAt: inAnHour, version: 2 },
              },
        );
        const attempts = await db.database.query('SELECT 1 FROM delivery_attempts WHERE delivery_id = $1', [id]);
        expect(attempts).toHaveLength(isIntended ? 1 : 0);
      }
    },
  );

  it('two people who saw one version: the first wins, and the other hears of it', async () => {
    const [one, other] = [changesOn(db.database).changes, changesOn(await db.another()).changes];
    for (let round = 0; round < ROUNDS; round += 1) {
      const scope = await aTenant(db.database);
      const { id } = await aDelivery(db.database, scope);
      const [cancelled, rescheduled] = await race(
        round,
        () => one.cancel(scope, id, 1),
        () => other.reschedule(scope, id, new Date(Date.now() + HOUR), 1),
      );
      expect(cancelled.ok).toBe(!rescheduled.ok);
      expect(cancelled.ok ? rescheduled : cancelled).toMatchObject({
        error: cancelled.ok
          ? {
              message: 'The delivery was cancelled, before this reached it.',
              current: { status: 'CANCELLED' },
            }
          : {
              message: 'It has changed since version 1: it is version 2 now, PENDING.',
              current: { status: 'PENDING', version: 2 },
            },
      });
    }
  });

  it('two people who saw one failed version: one of them retries it', async () => {
    const people = [changesOn(db.database).reopening, changesOn(await db.another()).reopening];
    for (let round = 0; round < 20; round += 1) {
      const scope = await aTenant(db.database);
      const { id } = await aDelivery(db.database, scope, { state: 'failed' });
      const results = await Promise.all(people.map((sut) => sut.retry(scope, id, 1)));
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      expect(results.find((result) => !result.ok)).toMatchObject({
        error: { message: 'The delivery is waiting to be sent: it cannot be retried.', current: { version: 2 } },
      });
    }
  });
});

describe('a person and the poller at one schedule', () => {
  let scope: TenantScope;
  let one: Scheduling;
  let other: Scheduling;
  beforeAll(async () => {
    scope = await aTenant(db.database);
    one = openScheduling(db);
    other = openScheduling({ ...db, database: await db.another() });
  });
  afterAll(() => Promise.all([one.close(), other.close()]));

  const aDueSchedule = async () =>
    aTimedSchedule(db.database, scope, { contactIds: [await aContact(db.database, scope)] });

  it('either the edit moves the run or the run has begun, and the answer says which', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await aDueSchedule();
      const scheduledAt = new Date(Date.now() + HOUR);
      const [edited] = await race(
        round,
        () => one.updating.update(scope, id, { scheduledAt }, 1, []),
        () => other.poller.runOnce(),
      );
      const [run, ...more] = await runsOf(db.database, id);
      expect(more).toEqual([]);
      expect(edited.ok).toBe(run === undefined);
      expect(edited).toMatchObject(
        run === undefined
          ? { value: { status: 'PENDING', nextRunAt: scheduledAt, version: 2 } }
          : {
              error: {
                kind: 'conflict',
                message:
                  `Its run began at ${run.dueAt.toISOString()}, before this reached it: ` +
                  'scheduledAt cannot change any more.',
                current: { status: 'PROCESSING', version: 2, runCount: 1, lastRunAt: run.dueAt.toISOString() },
              },
            },
      );
    }
  });

  it('a cancel of the version before the run is told that it has begun, and stops nothing', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await aDueSchedule();
      const [cancelled] = await race(
        round,
        () => one.control.cancel(scope, id, 1),
        () => other.poller.runOnce(),
      );
      const [run] = await runsOf(db.database, id);
      expect(cancelled.ok).toBe(run === undefined);
      expect(await scheduleOf(db.database, id)).toMatchObject({ status: run ? 'PROCESSING' : 'CANCELLED', version: 2 });
      if (!run) continue;
      expect(run.status).toBe('CREATED');
      expect(cancelled).toMatchObject({
        error: { message: 'It has changed since version 1: it is version 2 now, PROCESSING.' },
      });
    }
  });

  it('two people who saw one version: the first wins, and the other hears of it', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await aTimedSchedule(db.database, scope, { cronExpression: '0 9 * * *', dueInSeconds: 3_600 });
      const [paused, cancelled] = await race(
        round,
        () => one.control.pause(scope, id, 1),
        () => other.control.cancel(scope, id, 1),
      );
      expect(paused.ok).toBe(!cancelled.ok);
      expect(paused.ok ? cancelled : paused).toMatchObject({
        error: {
          message: paused.ok
            ? 'It has changed since version 1: it is version 2 now, PAUSED.'
            : 'The schedule was cancelled. It cannot be paused any more.',
          current: { status: paused.ok ? 'PAUSED' : 'CANCELLED', version: 2 },
        },
      });
    }
  });
});
