import { Intents } from '../../src/modules/dispatch/application/intents.js';
import { IntentsRepository } from '../../src/modules/dispatch/persistence/intents.repository.js';
import { LeasesRepository } from '../../src/modules/dispatch/persistence/leases.repository.js';
import { OutcomesRepository } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { newId } from '../../src/platform/database/ids.js';
import { aDelivery, type DeliveryInput, type StoredDelivery } from '../support/factories/deliveries.js';
import { aTenant } from '../support/factories/rows.js';
import { aClaimer, aLine, enqueue, prepared } from '../support/workers.js';
import { accepted, finalOf, held, nobody, POLICY, resultOf, SENT, WAIT } from './dispatch-hands.js';
import { findings, overtaken, type Scenario } from './world.js';

/** What is not the caller's any more stays as it is: each guard of state and token by itself. */
export const stale: Scenario = async (world) => {
  const { admin, database } = world;
  const violations: string[] = [];
  const outcomes = new OutcomesRepository();
  const line = await aLine(admin);
  await enqueue(admin, line, 12);
  const workerId = newId();
  const { taken } = await aClaimer(database).claim(workerId, [], () => 12);
  const intents = new Intents(database, new IntentsRepository(), nobody, new SystemClock());
  const claimed = taken.map((delivery) => ({ ...prepared(delivery), retryPolicy: POLICY }));
  const old = claimed.slice(0, 6).map((delivery) => ({ ...delivery, token: delivery.token + 999 }));
  const expect = (what: string, rows: readonly unknown[]): void => {
    if (rows.length > 0) violations.push(`${what}: ${rows.length} rows`);
  };
  const end = { errorCode: 'X', errorMessage: null, doubted: false } as const;
  expect('an intent under an old token', await database.transaction((tx) => new IntentsRepository().intend(tx, old)));
  expect(
    'a release under an old token',
    await outcomes.release(
      database,
      old.map((row) => ({ ...held(row), delay: null })),
    ),
  );
  expect(
    'an end of a claim under an old token',
    await outcomes.finishClaimed(
      database,
      old.map((row) => ({ ...held(row), ...end, status: 'failed' as const })),
    ),
  );
  expect(
    'an expiry before its time',
    await outcomes.finishClaimed(
      database,
      claimed.slice(0, 3).map((row) => ({ ...held(row), ...end, status: 'expired' as const })),
    ),
  );
  expect(
    'a cancel that nobody asked for',
    await outcomes.finishClaimed(
      database,
      claimed.slice(0, 3).map((row) => ({ ...held(row), ...end, errorCode: null, status: 'cancelled' as const })),
    ),
  );
  // A cancel and a deadline that come between the claim and the intent.
  await admin.execute('UPDATE delivery_queue SET cancel_requested = true WHERE delivery_id = $1', [
    claimed[0]?.deliveryId,
  ]);
  await admin.execute(`UPDATE delivery_queue SET expires_at = now() - interval '1 second' WHERE delivery_id = $1`, [
    claimed[1]?.deliveryId,
  ]);
  const gated = await database.transaction((tx) => new IntentsRepository().intend(tx, claimed.slice(0, 2)));
  expect('an intent after a cancel or a deadline', gated);
  const { intended } = await intents.commit(claimed.slice(2), workerId, 60_000);
  expect('a second intent', await database.transaction((tx) => new IntentsRepository().intend(tx, claimed.slice(2))));
  const results = intended.map((delivery) => resultOf(delivery, accepted));
  expect(
    'an outcome under an old token',
    await outcomes.finishSending(
      database,
      results.map((result) => finalOf({ ...result, token: 5 })),
    ),
  );
  expect(
    'a retry under an old token',
    await outcomes.waitAgain(
      database,
      intended.map((row) => ({ ...held(row), ...WAIT, token: 5, attempt: row.attempt, durationMs: null })),
    ),
  );
  expect(
    'a release of what is at the gateway',
    await outcomes.release(
      database,
      intended.map((row) => ({ ...held(row), delay: null })),
    ),
  );
  expect(
    'an end without a call of what is at the gateway',
    await outcomes.finishClaimed(
      database,
      intended.map((row) => ({ ...held(row), ...end, status: 'failed' as const })),
    ),
  );
  expect('a late answer for what is not in doubt', await outcomes.settleLate(database, results.map(finalOf)));
  const [queued] = await admin.query<{ count: number }>('SELECT count(*)::int AS count FROM delivery_queue');
  if (queued?.count !== 12) violations.push(`${12 - (queued?.count ?? 0)} deliveries left the queue`);
  // A lease that is over allows no intent.
  await admin.execute(`UPDATE dispatch_leases SET lease_until = clock_timestamp() - interval '1 second'`);
  const kept = await database.transaction((tx) =>
    new IntentsRepository().extendLeases(tx, [claimed[0]?.token ?? 0], workerId, 60_000),
  );
  expect('a lease that was over', [...kept]);
  await admin.execute(`UPDATE dispatch_leases SET lease_until = clock_timestamp() + interval '1 minute'`);
  const others = await database.transaction((tx) =>
    new IntentsRepository().extendLeases(tx, [claimed[0]?.token ?? 0], newId(), 60_000),
  );
  expect('the lease of another worker', [...others]);
  const lease = {
    token: 5,
    workerId,
    tenantIds: intended.map((row) => row.tenantId),
    deliveryIds: intended.map((row) => row.deliveryId),
  };
  expect(
    'what a lease names and does not hold',
    await database.transaction((tx) => new LeasesRepository().abandoned(tx, lease)),
  );
  return violations;
};

const END = { errorCode: null, errorMessage: null } as const;

/** What somebody else is just taking away, but has not committed, is not the caller's when that is done. */
export const overtaking: Scenario = async ({ admin, database, db }) => {
  const { found, none } = findings();
  const scope = await aTenant(admin);
  const [intents, outcomes] = [new IntentsRepository(), new OutcomesRepository()];
  const heldBy = (d: StoredDelivery) => ({ tenantId: d.tenantId, deliveryId: d.id, token: d.leaseToken });
  const called = (d: StoredDelivery) => ({ ...heldBy(d), ...END, attempt: 1, durationMs: 1, variation: null });
  const writers: [string, NonNullable<DeliveryInput['state']>, (d: StoredDelivery) => Promise<readonly unknown[]>][] = [
    ['an intent', 'claimed', (d) => database.transaction((tx) => intents.intend(tx, [heldBy(d)]))],
    ['a release', 'claimed', (d) => outcomes.release(database, [{ ...heldBy(d), delay: null }])],
    [
      'an end without a call',
      'claimed',
      (d) => outcomes.finishClaimed(database, [{ ...heldBy(d), ...END, status: 'failed', doubted: false }]),
    ],
    [
      'an outcome',
      'sending',
      (d) => outcomes.finishSending(database, [{ ...called(d), ...SENT, outcome: 'accepted' }]),
    ],
    ['a retry', 'sending', (d) => outcomes.waitAgain(database, [{ ...called(d), ...WAIT }])],
  ];
  for (const [what, state, write] of writers) {
    // The reaper gives it to another worker.
    for (const change of [`state = 'pending', lease_token = 0`, 'lease_token = lease_token + 1']) {
      const delivery = await aDelivery(admin, scope, { state });
      const rows = await overtaken(
        { admin },
        db.database,
        (tx) => tx.execute(`UPDATE delivery_queue SET ${change} WHERE delivery_id = $1`, [delivery.id]),
        () => write(delivery),
      );
      none(`${what} after ${change}`, rows);
    }
  }
  return found;
};
