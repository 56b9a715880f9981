import type { CallOutcome } from '../../src/core/dispatch/decide-outcome.js';
import { Intents } from '../../src/modules/dispatch/application/intents.js';
import { Outcomes } from '../../src/modules/dispatch/application/outcomes.js';
import { Releases } from '../../src/modules/dispatch/application/releases.js';
import type { IntendedDelivery, PreparedDelivery } from '../../src/modules/dispatch/dispatch-types.js';
import { HousekeepingRepository } from '../../src/modules/dispatch/persistence/housekeeping.repository.js';
import { IntentsRepository } from '../../src/modules/dispatch/persistence/intents.repository.js';
import { LeasesRepository } from '../../src/modules/dispatch/persistence/leases.repository.js';
import { OutcomesRepository } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { LanesRepository } from '../../src/modules/rate-limit/index.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { newId } from '../../src/platform/database/ids.js';
import { aClaimer, aLine, enqueue, prepared } from '../support/workers.js';
import { allClients, type Scenario } from './world.js';
import {
  POLICY,
  WAIT,
  accepted,
  again,
  disagreements,
  expireLeases,
  halves,
  noChannels,
  nobody,
  reaperOn,
  resultOf,
  stateOf,
  tooLate,
} from './dispatch-hands.js';

/** Nothing is taken twice, and a lane never gives more than its burst and its rate. */
export const claiming: Scenario = async ({ admin, database }) => {
  const fast = await aLine(admin);
  const slow = await aLine(admin, { perMinute: 60, burst: 20 });
  await enqueue(admin, fast, 400);
  await enqueue(admin, slow, 200);
  const taken: string[] = [];
  const fromSlow: string[] = [];
  const startedAt = performance.now();
  const failures = await allClients(async () => {
    const claimer = aClaimer(database);
    for (let round = 0; round < 12; round += 1) {
      const claim = await claimer.claim(newId(), [], () => 20);
      taken.push(...claim.taken.map((delivery) => delivery.deliveryId));
      fromSlow.push(
        ...claim.taken.filter(({ channelId }) => channelId === slow.channelId).map((row) => row.deliveryId),
      );
    }
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const most = 20 + Math.floor(seconds) + 1;
  return [
    ...failures,
    ...(new Set(taken).size < taken.length
      ? [`${taken.length - new Set(taken).size} deliveries were taken twice`]
      : []),
    ...(fromSlow.length > most ? [`${fromSlow.length} permits of a lane that has ${most}`] : []),
    ...(await disagreements({ admin }, [fast, slow])),
  ];
};

/** Whoever gives deliveries back opens their lane. */
export const waking: Scenario = async ({ admin, database }) => {
  const line = await aLine(admin);
  await enqueue(admin, line, 4);
  const outcomes = new OutcomesRepository();
  const { taken } = await aClaimer(database).claim(newId(), [], () => 4);
  const asleep = (): Promise<string[]> => disagreements({ admin }, [line]);
  await outcomes.release(
    database,
    taken.slice(0, 2).map(({ tenantId, deliveryId, token }) => ({ tenantId, deliveryId, token, delay: null })),
  );
  const afterRelease = await asleep();
  await admin.execute(`UPDATE channel_lanes SET open_at = 'infinity'`);
  await admin.execute(`DELETE FROM delivery_queue WHERE state = 'pending'`);
  await admin.execute(
    `UPDATE deliveries SET status = 'cancelled' WHERE id NOT IN (SELECT delivery_id FROM delivery_queue)`,
  );
  const begun = await database.transaction((tx) => new IntentsRepository().intend(tx, taken.slice(2)));
  const held = begun.map(({ deliveryId, attempt }) => ({
    tenantId: line.scope.tenantId,
    deliveryId,
    attempt,
    token: taken[0]?.token ?? 0,
  }));
  await outcomes.waitAgain(
    database,
    held.map((row) => ({ ...row, ...WAIT, durationMs: null })),
  );
  return [...afterRelease, ...(await asleep())];
};

/** What clients, some of them much too late, do to each other's deliveries. */
export const living: Scenario = async (world) => {
  const { admin, database, random } = world;
  const line = await aLine(admin);
  await enqueue(admin, line, 120);
  await admin.execute(`UPDATE delivery_queue SET guarantee = 'at_least_once'`);
  const holders = new Map<string, number>();
  const calls = new Set<string>();
  const violations: string[] = [];
  const outcomesRepository = new OutcomesRepository();
  const outcomes = new Outcomes(outcomesRepository, new LanesRepository(), noChannels, nobody, halves);
  const releases = new Releases(outcomesRepository, new LeasesRepository(), nobody);
  const late: IntendedDelivery[] = [];
  const lateClaims: PreparedDelivery[] = [];

  const begin = (delivery: IntendedDelivery): void => {
    const call = `${delivery.deliveryId}#${delivery.attempt}`;
    if (calls.has(call)) violations.push(`two calls of ${call}`);
    calls.add(call);
    holders.set(delivery.deliveryId, delivery.token);
  };
  const end = async (delivery: IntendedDelivery, outcome: CallOutcome): Promise<void> => {
    const before = await stateOf(world, delivery.deliveryId);
    await outcomes.write(database, [resultOf(delivery, outcome)], 0);
    const after = await stateOf(world, delivery.deliveryId);
    const isForeign = before !== undefined && before.token !== delivery.token && before.state === 'sending';
    if (
      isForeign &&
      (after === undefined || after.state !== 'sending') &&
      holders.get(delivery.deliveryId) === before.token
    ) {
      if (after === undefined || after.token === 0)
        violations.push(`${delivery.deliveryId} was ended by an old holder`);
    }
  };
  const failures = await allClients(async (client) => {
    const claimer = aClaimer(database);
    const workerId = newId();
    const intents = new Intents(database, new IntentsRepository(), nobody, new SystemClock());
    for (let round = 0; round < 25; round += 1) {
      if (client === 0) {
        await reaperOn(world).runOnce();
        continue;
      }
      const { taken } = await claimer.claim(workerId, [], () => 3);
      const batch = taken.map((delivery) => ({ ...prepared(delivery), retryPolicy: POLICY }));
      // Some forget what they hold, as a process that is stopped: its lease runs out.
      if (random.uniform() < 0.2 && batch.length > 0) {
        lateClaims.push(...batch);
        await expireLeases(world, batch);
        continue;
      }
      const { intended } = await intents.commit(batch, workerId, 60_000);
      for (const delivery of intended) begin(delivery);
      for (const delivery of intended) {
        const draw = random.uniform();
        if (draw < 0.25) {
          late.push(delivery);
          await expireLeases(world, [delivery]);
        } else await end(delivery, draw < 0.6 ? again : accepted);
      }
      const forgotten = late.splice(0, 1);
      for (const delivery of forgotten) await end(delivery, accepted);
      for (const delivery of lateClaims.splice(0, 1))
        await tooLate(world, intents, releases, delivery, workerId, violations);
    }
  });
  await reaperOn(world).runOnce();
  return [...failures, ...violations, ...(await disagreements(world, [line]))];
};

/** Only what is past its deadline expires, no more at once than asked for, and what is in doubt stays in doubt. */
export const expiring: Scenario = async ({ admin, database }) => {
  const line = await aLine(admin);
  await enqueue(admin, line, 300);
  await admin.execute(`UPDATE delivery_queue SET expires_at = clock_timestamp() + interval '1 hour'`);
  await admin.execute(
    `UPDATE delivery_queue SET expires_at = clock_timestamp() - interval '1 second'
      WHERE delivery_id IN (SELECT delivery_id FROM delivery_queue ORDER BY delivery_id LIMIT 100)`,
  );
  await admin.execute(
    `UPDATE delivery_queue SET state = 'claimed' WHERE delivery_id IN (SELECT delivery_id FROM delivery_queue ORDER BY delivery_id LIMIT 10)`,
  );
  const repository = new HousekeepingRepository();
  const violations: string[] = [];
  let expired = 0;
  const failures = await allClients(async () => {
    for (let round = 0; round < 4; round += 1) {
      // The plan that makes LIMIT of a sub-select be asked again for each row.
      const rows = await database.transaction(async (tx) => {
        await tx.execute('SET LOCAL enable_hashjoin = off');
        await tx.execute('SET LOCAL enable_mergejoin = off');
        await tx.execute('SET LOCAL enable_material = off');
        await tx.execute('SET LOCAL enable_memoize = off');
        await tx.execute('SET LOCAL enable_hashagg = off');
        await tx.execute('SET LOCAL enable_sort = off');
        return repository.expire(tx, 5);
      });
      if (rows.length > 5) violations.push(`${rows.length} expired where 5 were asked for`);
      expired += rows.length;
    }
  });
  while ((await repository.expire(database, 50)).length > 0) expired += 1;
  const [left] = await admin.query<{ count: number }>('SELECT count(*)::int AS count FROM delivery_queue');
  if (left?.count !== 210) violations.push(`${left?.count} deliveries are left where 210 should be`);
  return [...failures, ...violations, ...(expired === 0 ? ['nothing expired'] : [])];
};
