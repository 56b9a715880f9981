import { DeliveryChangesRepository } from '../../src/modules/delivery-logs/persistence/delivery-changes.repository.js';
import { HousekeepingRepository } from '../../src/modules/dispatch/persistence/housekeeping.repository.js';
import { OutcomesRepository } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { LanesRepository } from '../../src/modules/rate-limit/index.js';
import { MaterialisingRepository } from '../../src/modules/schedules/persistence/materialising.repository.js';
import { ParkingRepository } from '../../src/modules/schedules/persistence/parking.repository.js';
import { RequeueingRepository } from '../../src/modules/schedules/persistence/requeueing.repository.js';
import { newId } from '../../src/platform/database/ids.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { aDelivery, type StoredDelivery } from '../support/factories/deliveries.js';
import { aTenant } from '../support/factories/rows.js';
import { aClaimer, aLine, enqueue, type Line } from '../support/workers.js';
import { WAIT } from './dispatch-hands.js';
import { allClients, findings, overtaken, type GuardWorld, type Scenario } from './world.js';

/** A claim takes what is due, the most urgent first, as many as may go, and leaves the lane open for the rest. */
export const choosing: Scenario = async (world) => {
  const { admin } = world;
  const { found, same, none } = findings();
  const urgent = await aLine(admin, { perMinute: 1, burst: 5 });
  await enqueue(admin, urgent, 60, { readyInSeconds: -60 });
  await enqueue(admin, urgent, 5, { priority: 5 });
  await enqueue(admin, urgent, 5, { priority: 9, readyInSeconds: 3_600 });
  const first = await priorities(world, await claimed(world));
  same('priorities of what goes first', first, [5, 5, 5, 5, 5]);
  none('beyond the burst', await claimed(world));

  const early = await aLine(admin);
  await enqueue(admin, early, 3, { readyInSeconds: 3_600 });
  await enqueue(admin, early, 3, { readyInSeconds: 3_600, express: true });
  none('claimed before it was due', await claimed(world, early));

  const late = await aLine(admin);
  await enqueue(admin, late, 4);
  await enqueue(admin, late, 4, { express: true });
  await admin.execute(
    `UPDATE delivery_queue SET expires_at = CASE WHEN n % 2 = 0 THEN now() - interval '1 s' END,
            slot_until = CASE WHEN n % 2 = 1 THEN now() - interval '1 s' END
       FROM (SELECT delivery_id AS id, row_number() OVER (ORDER BY delivery_id) AS n FROM delivery_queue WHERE channel_id = $1) t
      WHERE delivery_id = id`,
    [late.channelId],
  );
  none('claimed after its deadline or its window', await claimed(world, late));

  const daily = await aLine(admin, { burst: 3 });
  await admin.execute('UPDATE channels SET per_day = 3 WHERE id = $1', [daily.channelId]);
  await enqueue(admin, daily, 10);
  same('a day of three', (await claimed(world, daily)).length, 3);
  await admin.execute('UPDATE channel_lanes SET tat_us = 0 WHERE channel_id = $1', [daily.channelId]);
  none('beyond the day', await claimed(world, daily));

  const contact = await aLine(admin, { perContactPerMinute: 1 });
  await enqueue(admin, contact, 6, { sameContact: true });
  await admin.execute(
    'INSERT INTO contact_rates SELECT tenant_id, channel_id, contact_id, 0 FROM delivery_queue WHERE channel_id = $1 LIMIT 1',
    [contact.channelId],
  );
  same('one a minute to one contact', (await claimed(world, contact)).length, 1);
  await admin.execute('UPDATE delivery_queue SET ready_at = now() WHERE channel_id = $1', [contact.channelId]);
  none('beyond the contact', await claimed(world, contact));
  return [...found, ...(await rest(world))];
};

/** What the others do meanwhile, and what stays behind. */
async function rest(world: GuardWorld): Promise<string[]> {
  const { admin, db, database } = world;
  const { found, same, none } = findings();
  // Somebody who is cancelling it holds the row: it is stepped over, or the claim would hand out what is gone.
  const cancelled = await aLine(admin);
  for (const express of [false, true]) {
    await enqueue(admin, cancelled, 1, { express });
    const gone = await overtaken(
      world,
      db.database,
      (tx) => tx.execute('DELETE FROM delivery_queue WHERE channel_id = $1', [cancelled.channelId]),
      () => claimed(world, cancelled),
    );
    none('claimed although it was just cancelled', gone);
  }

  // The last of a lane waits for its settle time: the lane opens for it.
  const doubtful = await aLine(admin);
  await enqueue(admin, doubtful, 3);
  await enqueue(admin, doubtful, 1, { express: true });
  await admin.execute(
    `UPDATE delivery_queue SET ready_at = now() + interval '1 hour', state = 'uncertain'
      WHERE delivery_id IN (SELECT delivery_id FROM delivery_queue WHERE channel_id = $1 ORDER BY express, delivery_id LIMIT 1)`,
    [doubtful.channelId],
  );
  same('claimed beside what is in doubt', (await claimed(world, doubtful)).length, 3);
  const asleep = await admin.query(`SELECT FROM channel_lanes WHERE channel_id = $1 AND open_at = 'infinity'`, [
    doubtful.channelId,
  ]);
  none('lanes that sleep although something will be ready', asleep);

  // A pause that a provider asked for is not shortened by another.
  const lanes = new LanesRepository();
  const held = await aLine(admin);
  await enqueue(admin, held, 1);
  const lane = { tenantId: held.scope.tenantId, channelId: held.channelId };
  await lanes.hold(database, lane, 60_000);
  await lanes.hold(database, lane, 0);
  none('claimed during a pause of the provider', await claimed(world, held));
  return found;
}

/** What one claim takes when every lane is looked at. */
async function claimed({ admin, database }: GuardWorld, line?: Line): Promise<string[]> {
  await admin.execute('UPDATE channel_lanes SET open_at = now()');
  const { taken } = await aClaimer(database).claim(newId(), [], (id) => (line && id !== line.channelId ? 0 : 100));
  return taken.map((delivery) => delivery.deliveryId);
}

async function priorities({ admin }: GuardWorld, ids: readonly string[]): Promise<number[]> {
  const rows = await admin.query<{ priority: number }>(
    'SELECT priority FROM delivery_queue WHERE delivery_id = ANY ($1::uuid[])',
    [ids],
  );
  return rows.map((row) => row.priority);
}

/** What a bringer does with a delivery, by the state and columns in which it finds it. */
interface Bringer {
  readonly what: string;
  readonly state: 'pending' | 'claimed' | 'sending';
  readonly columns?: string;
  readonly bring: (tx: Sql, delivery: StoredDelivery) => Promise<unknown>;
}

const scopeOf = ({ tenantId }: StoredDelivery) => ({ tenantId, actor: 'tester' });
const heldBy = (d: StoredDelivery) => ({ tenantId: d.tenantId, deliveryId: d.id, token: d.leaseToken });
const PARKED = `wait_reason = 'paused', parked_at = ready_at, ready_at = 'infinity'`;

const BRINGERS: readonly Bringer[] = [
  {
    what: 'a part of a run',
    state: 'pending',
    bring: (tx, d) => new MaterialisingRepository().wakeLane(tx, d.tenantId, d.channelId, null),
  },
  {
    what: 'a resume',
    state: 'pending',
    columns: PARKED,
    bring: (tx, d) => new ParkingRepository().unpark(tx, d, 10),
  },
  {
    what: 'an edit',
    state: 'pending',
    columns: 'priority = 7',
    bring: (tx, d) => new ParkingRepository().applySettings(tx, d, 10),
  },
  {
    what: 'a repetition',
    state: 'pending',
    bring: (tx, d) => new RequeueingRepository().wakeLanes(tx, scopeOf(d), [d.channelId]),
  },
  {
    what: 'another time',
    state: 'pending',
    bring: (tx, d) => new DeliveryChangesRepository().wakeLane(tx, scopeOf(d), d.id),
  },
  { what: 'new limits', state: 'pending', bring: (tx, d) => new LanesRepository().wake(tx, scopeOf(d), d.channelId) },
  {
    what: 'another try',
    state: 'sending',
    bring: (tx, d) => new OutcomesRepository().waitAgain(tx, [{ ...heldBy(d), ...WAIT, attempt: 1, durationMs: 1 }]),
  },
  {
    what: 'a release',
    state: 'claimed',
    bring: (tx, d) => new OutcomesRepository().release(tx, [{ ...heldBy(d), delay: null }]),
  },
];

/** Whoever brings something into a lane while a claim is closing it opens it afterwards. */
export const bringing: Scenario = async ({ admin, database, db }) => {
  const { found, none } = findings();
  const scope = await aTenant(admin);
  for (const { what, state, columns, bring } of BRINGERS) {
    const delivery = await aDelivery(admin, scope, { state });
    if (columns) await admin.execute(`UPDATE delivery_queue SET ${columns} WHERE delivery_id = $1`, [delivery.id]);
    const close = 'UPDATE channel_lanes SET open_at = $2::timestamptz WHERE channel_id = $1';
    await admin.execute(close, [delivery.channelId, '2020-01-01T00:00:00Z']);
    await overtaken(
      { admin },
      db.database,
      (tx) => tx.execute(close, [delivery.channelId, 'infinity']),
      () => database.transaction((tx) => bring(tx, delivery)),
    );
    const asleep = await admin.query(`SELECT FROM channel_lanes WHERE channel_id = $1 AND open_at > now()`, [
      delivery.channelId,
    ]);
    none(`a lane sleeps after ${what}`, asleep);
  }
  return found;
};

/** What should not exist is mended once, and what is as it should be is left alone. */
export const mending: Scenario = async ({ admin, database, db }) => {
  const { found, same, none } = findings();
  const repository = new HousekeepingRepository();
  const line = await aLine(admin);
  await enqueue(admin, line, 40);
  const sleep = () => admin.execute(`UPDATE channel_lanes SET open_at = 'infinity'`);
  for (const columns of [
    `ready_at = 'infinity'`,
    `ready_at = now(), expires_at = now() - interval '1 s'`,
    `expires_at = NULL, slot_until = now() - interval '1 s'`,
  ]) {
    await admin.execute(`UPDATE delivery_queue SET ${columns}`);
    await sleep();
    none(`mended although nothing can go: ${columns}`, await repository.healLanes(database));
  }
  await admin.execute(`UPDATE delivery_queue SET slot_until = NULL`);
  await admin.execute(`UPDATE channels SET status = 'PAUSED'`);
  none('mended although the channel is paused', await repository.healLanes(database));
  await admin.execute(`UPDATE channels SET status = 'ACTIVE'`);
  same('mended lanes', await repository.healLanes(database), 1);

  await admin.execute(`UPDATE delivery_queue SET state = 'claimed', lease_token = 7`);
  const another = `INSERT INTO dispatch_leases (token, worker_id, lease_until, tenant_ids, delivery_ids)
                   VALUES (7, gen_random_uuid(), now(), '{}', '{}')`;
  await overtaken(
    { admin },
    db.database,
    (tx) => tx.execute(another),
    () => repository.adoptOrphans(database),
  );
  const failures = await allClients(async () => void (await repository.adoptOrphans(database)));
  same('leases of orphans', (await admin.query('SELECT FROM dispatch_leases')).length, 1);
  none('leases of what has one', await repository.adoptOrphans(database));
  return [...failures, ...found];
};
