import type { RunKey } from '../../../src/modules/schedules/persistence/run-key.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { WorkerDatabase } from '../../../src/platform/database/worker-database.js';
import { openVirtualDatabase, type VirtualDatabase } from '../../support/virtual-clock.js';
import { TENANT } from '../model/model-rows.js';
import { copyWorld } from './copy-world.js';
import { ModelSide } from './model-side.js';
import { meet, modelTurns, sqlWaits, type MeetingPlace } from './sessions.js';
import { SqlSide } from './sql-side.js';

const START_MS = Date.parse('2026-06-15T12:00:00Z');
const PATIENCE_MS = 60_000;

/** What two sessions do, told of rows by their ids on that side. */
type Script = (place: MeetingPlace, scheduleIds: readonly string[]) => Promise<unknown>;

const version = (scheduleId: string | undefined) => ({ tenantId: TENANT, scheduleId: scheduleId ?? '', version: 1 });
const advanceOf = (scheduleId: string | undefined) => ({
  ...version(scheduleId),
  nextRunAt: null,
  lastRunAt: null,
  createdRuns: 0,
  status: 'PENDING' as const,
  statusReason: null,
});
const settlementOf = (scheduleId: string | undefined) => ({
  ...version(scheduleId),
  status: 'PROCESSING' as const,
  reason: null,
});

/** Fires both schedules and writes their deliveries; the run of each. */
async function runsOf({ services, repositories, database }: MeetingPlace, ids: readonly string[]): Promise<RunKey[]> {
  await services.firer.fireBatch();
  for (const _ of ids) await services.materialiser.runOnce();
  const runs = await Promise.all(ids.map((id) => repositories.cancelling.unfinishedRuns(database, TENANT, id)));
  return runs.flat();
}

const advancing = ({ repositories, database }: MeetingPlace, id: string | undefined) =>
  database.transaction((tx) => repositories.firing.advance(tx, [advanceOf(id)]));
const settling =
  ({ repositories }: MeetingPlace, id: string | undefined) =>
  (tx: Sql) =>
    repositories.finishing.settle(tx, [settlementOf(id)]);
const due = async ({ repositories }: MeetingPlace, tx: Sql, limit: number): Promise<string[]> =>
  (await repositories.firing.lockDue(tx, 0, limit)).map((row) => row.type);
const ending = ({ repositories, database }: MeetingPlace, runs: readonly RunKey[]) =>
  database.transaction(async (tx) => {
    const ended = await repositories.finishing.finishRuns(
      tx,
      runs.map((run) => ({ ...run, state: 'COMPLETED' as const })),
    );
    return ended.length;
  });

/** What both sides have to come to. */
const SCRIPTS: readonly (readonly [string, Script, unknown])[] = [
  [
    'wait for the lock of a row, and judge it as it is then',
    (place, [id]) => meet(place, settling(place, id), () => advancing(place, id)),
    { waited: true, firstEnd: 'committed', result: 0 },
  ],
  [
    'find the row as it was, when what they waited for was taken back',
    (place, [id]) => meet(place, settling(place, id), () => advancing(place, id), { end: 'rollback' }),
    { waited: true, firstEnd: 'taken back', result: 1 },
  ],
  [
    'step over what another has locked, and count it in no limit',
    (place) =>
      meet(
        place,
        (tx) => due(place, tx, 1),
        () => place.database.transaction((tx) => due(place, tx, 1)),
      ),
    { waited: false, firstEnd: 'committed', result: ['FUTURE'] },
  ],
  [
    'find nothing when all is locked',
    (place) =>
      meet(
        place,
        (tx) => due(place, tx, 2),
        () => place.database.transaction((tx) => due(place, tx, 2)),
      ),
    { waited: false, firstEnd: 'committed', result: [] },
  ],
  [
    'share a lock to read',
    (place, [id = '']) => {
      const gates = (tx: Sql) => place.repositories.intents.scheduleGates(tx, [{ tenantId: TENANT, id }]);
      return meet(place, gates, async () => (await place.database.transaction(gates)).map(({ status }) => status));
    },
    { waited: false, firstEnd: 'committed', result: ['PENDING'] },
  ],
  [
    'wait with a change for whoever reads under a shared lock',
    (place, [id = '']) =>
      meet(
        place,
        (tx) => place.repositories.intents.scheduleGates(tx, [{ tenantId: TENANT, id }]),
        () => advancing(place, id),
      ),
    { waited: true, firstEnd: 'committed', result: 1 },
  ],
  [
    'do not see what another has not committed',
    async (place, ids) => {
      const [run] = await runsOf(place, ids);
      if (!run) return 'no run';
      const { cancelling } = place.repositories;
      const during = await meet(
        place,
        (tx) => cancelling.cancelPending(tx, run, 10),
        () => ending(place, [run]),
      );
      return [during, await ending(place, [run])];
    },
    [{ waited: false, firstEnd: 'committed', result: 0 }, 1],
  ],
  [
    // The trap of a lock and a guard in one statement: what it has waited for it knows, what came with it it does not.
    'see as their statement began what was committed while it waited',
    async (place, ids) => {
      const [waitedFor, other] = await runsOf(place, ids);
      if (!waitedFor || !other) return 'no runs';
      const { cancelling, finishing } = place.repositories;
      await cancelling.cancelPending(place.database, waitedFor, 10);
      const during = await meet(
        place,
        async (tx) => {
          await finishing.lockRuns(tx, [waitedFor]);
          await cancelling.cancelPending(tx, other, 10);
        },
        () => ending(place, [waitedFor, other]),
      );
      return [during, await ending(place, [waitedFor, other])];
    },
    [{ waited: true, firstEnd: 'committed', result: 1 }, 1],
  ],
  [
    'see with their next statement what was committed before it',
    async (place, ids) => {
      const [run] = await runsOf(place, ids);
      if (!run) return 'no run';
      const { cancelling, finishing } = place.repositories;
      return place.database.transaction(async (tx) => {
        const before = await finishing.doneAmong(tx, [run.runId]);
        await cancelling.cancelPending(place.database, run, 10);
        return [before.length, (await finishing.doneAmong(tx, [run.runId])).length];
      });
    },
    [0, 1],
  ],
  [
    'throw one of two out who wait for each other',
    async (place, [one, two]) => {
      const { firstEnd, result } = await meet(
        place,
        settling(place, one),
        () =>
          place.database.transaction(async (tx) => {
            await settling(place, two)(tx);
            await settling(place, one)(tx);
            return 'committed';
          }),
        { last: settling(place, two) },
      );
      // Which of them is nobody's promise. Who waited finds the other's version, or its own.
      return [firstEnd, result].filter((end) => end === '40P01').length;
    },
    1,
  ],
];

describe('two sessions', () => {
  let database: VirtualDatabase;
  let watcher: WorkerDatabase;
  let sql: MeetingPlace;

  beforeAll(async () => {
    database = await openVirtualDatabase();
    watcher = new WorkerDatabase(database.url, 1, () => undefined);
    sql = Object.assign(new SqlSide(database.url), { doneOrWaiting: sqlWaits(watcher) });
  });

  afterAll(async () => {
    await sql.database.close();
    await watcher.close();
    await database.close();
  });

  it.each(SCRIPTS)(
    '%s, in the model as in PostgreSQL',
    async (_what, script, expected) => {
      const model = Object.assign(new ModelSide(), { doneOrWaiting: modelTurns });
      const nowMs = START_MS + 5_000;
      model.nowUs = nowMs * 1_000;
      await database.setNow(nowMs);
      const { scheduleIds } = await copyWorld(model, sql.database, 1, START_MS);
      expect(await script(sql, scheduleIds)).toEqual(expected);
      expect(await script(model, scheduleIds)).toEqual(expected);
    },
    PATIENCE_MS,
  );
});
