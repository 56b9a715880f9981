import { IntentsRepository } from '../../src/modules/dispatch/persistence/intents.repository.js';
import { LeasesRepository } from '../../src/modules/dispatch/persistence/leases.repository.js';
import { HousekeepingRepository } from '../../src/modules/dispatch/persistence/housekeeping.repository.js';
import { OutcomesRepository } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { aDelivery, type DeliveryInput, type StoredDelivery } from '../support/factories/deliveries.js';
import { aChannel, aTenant } from '../support/factories/rows.js';
import { reaperOn, SENT, WAIT } from './dispatch-hands.js';
import { findings, overtaken, type Scenario } from './world.js';

const END = { errorCode: null, errorMessage: null, durationMs: 1, variation: null } as const;

const heldBy = (d: StoredDelivery, attempt = 1) => ({
  tenantId: d.tenantId,
  deliveryId: d.id,
  token: d.leaseToken,
  attempt,
});
const sent = (d: StoredDelivery, attempt = 1) => ({ ...heldBy(d, attempt), ...END, ...SENT, outcome: 'accepted' });

/** An answer of a call ends that call and no other, and is believed late only when nothing has followed it. */
export const answering: Scenario = async ({ admin, database }) => {
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const outcomes = new OutcomesRepository();
  const make = (input: DeliveryInput) => aDelivery(admin, scope, input);

  const claimed = await make({ state: 'claimed' });
  none('what was only claimed is sent', await outcomes.finishSending(database, [sent(claimed)]));
  const again = { ...heldBy(claimed), ...WAIT, durationMs: null };
  none('what was only claimed is tried again', await outcomes.waitAgain(database, [again]));

  // The row of an attempt says what became of it first, and what its own holder says.
  const lost = await make({ state: 'uncertain' });
  await outcomes.finishSending(database, [{ ...sent(lost), outcome: 'accepted' }]);
  const open = await make({ state: 'sending' });
  await outcomes.finishSending(database, [{ ...sent(open), token: open.leaseToken + 1 }]);
  const attempts = await admin.query(
    'SELECT outcome FROM delivery_attempts WHERE delivery_id = ANY ($1::uuid[]) ORDER BY outcome',
    [[lost.id, open.id]],
  );
  same('outcomes of attempts', attempts, [{ outcome: 'uncertain' }, { outcome: null }]);

  // Two channels of a provider may give one id twice.
  const channelId = await aChannel(admin, scope);
  const pair = [await make({ state: 'sending', channelId }), await make({ state: 'sending', channelId })];
  await outcomes.finishSending(
    database,
    pair.map((delivery) => ({ ...sent(delivery), remember: true })),
  );

  const second = await make({ state: 'uncertain_waiting', attempt: 2 });
  none('the answer of an earlier call is believed', await outcomes.settleLate(database, [sent(second, 1)]));
  const failed = await make({ state: 'failed' });
  none('a failed delivery is sent after all', await outcomes.settleLate(database, [sent(failed, 1)]));
  const later = await make({ state: 'uncertain', attempt: 2 });
  none('an earlier call settles what a later one left open', await outcomes.settleLate(database, [sent(later, 1)]));
  // Retried by a person: the log says attempt 1, the queue is at its second.
  const retried = await make({ state: 'uncertain_waiting', attempt: 2 });
  await admin.execute('UPDATE deliveries SET attempt = 1 WHERE id = $1', [retried.id]);
  none('what waits for another call is settled', await outcomes.settleLate(database, [sent(retried, 1)]));
  return found;
};

/** A lease keeps others away as long as it lasts, and its worker from beginning when it is over. */
export const leasing: Scenario = async (world) => {
  const { admin, database, db } = world;
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const intents = new IntentsRepository();
  const make = (input: DeliveryInput) => aDelivery(admin, scope, input);
  const stateOf = async ({ id }: StoredDelivery) =>
    (await admin.query<{ state: string }>('SELECT state::text FROM delivery_queue WHERE delivery_id = $1', [id]))[0]
      ?.state;

  const live = await make({ state: 'sending' });
  await reaperOn(world).runOnce();
  same('what is at the gateway under a live lease', await stateOf(live), 'sending');

  // A worker that has just made its lease longer is not overtaken by a reaper that saw the old end.
  const late = await make({ state: 'claimed', leaseUntil: new Date(Date.now() - 1_000) });
  const begin = async (tx: Parameters<typeof intents.intend>[0]): Promise<void> => {
    const longer = `UPDATE dispatch_leases SET lease_until = now() + interval '1 minute' WHERE token = $1`;
    await tx.execute(longer, [late.leaseToken]);
    await intents.intend(tx, [heldBy(late)]);
  };
  await overtaken(world, db.database, begin, () => reaperOn(world).runOnce());
  same('what has just gone to the gateway', await stateOf(late), 'sending');

  // A repetition waits for the try whose reply was lost, and takes nothing of another lease for its own.
  const [lost, foreign] = [await make({ state: 'claimed' }), await make({ state: 'sending' })];
  const begun = await overtaken(
    world,
    db.database,
    (tx) => intents.intend(tx, [heldBy(lost)]),
    () => database.transaction((tx) => intents.begun(tx, [heldBy(lost)])),
  );
  same('intents of a try whose reply was lost', begun.length, 1);
  const other = { ...heldBy(foreign), token: lost.leaseToken };
  none('intents of another lease', await database.transaction((tx) => intents.begun(tx, [other])));

  const leases = new LeasesRepository();
  await leases.remove(database, [lost.leaseToken]);
  const left = await admin.query('SELECT FROM dispatch_leases WHERE token = $1', [foreign.leaseToken]);
  same('leases of others, when one is over', left.length, 1);
  const first = await leases.takeTokenBlock(database);
  none('a number that was given twice', (await leases.takeTokenBlock(database)) === first);
  return found;
};

/** Nothing is intended on a channel after its pause has committed. */
export const silencing: Scenario = async ({ admin, database, db }) => {
  const { found, none } = findings();
  const scope = await aTenant(admin);
  const intents = new IntentsRepository();
  const delivery = await aDelivery(admin, scope, { state: 'claimed' });
  const pause = `UPDATE channels SET status = 'PAUSED' WHERE id = $1`;
  const key = { tenantId: delivery.tenantId, id: delivery.channelId };
  let isPaused = false;
  await overtaken(
    { admin },
    { transaction: (work) => database.transaction(work) },
    (tx) => intents.channelGates(tx, [key]),
    async () => {
      await db.database.execute(pause, [delivery.channelId]);
      isPaused = true;
    },
    async (tx) => {
      const intended = await intents.intend(tx, [heldBy(delivery)]);
      if (isPaused) none('intents after the pause of a channel', intended);
    },
  );
  return found;
};

/** What is in doubt when it becomes too late stays in doubt. */
export const doubting: Scenario = async ({ admin, database }) => {
  const { found, same } = findings();
  const scope = await aTenant(admin);
  const expiresAt = new Date(Date.now() - 1_000);
  const states = ['pending', 'retrying', 'uncertain_waiting'] as const;
  for (const state of states) await aDelivery(admin, scope, { state, expiresAt });
  const called = await aDelivery(admin, scope, { state: 'retrying', expiresAt });
  await admin.execute(`UPDATE delivery_attempts SET outcome = 'uncertain' WHERE delivery_id = $1`, [called.id]);
  await new HousekeepingRepository().expire(database, 100);
  const rows = await admin.query<{ status: string }>('SELECT status::text FROM deliveries ORDER BY id');
  const statuses = rows.map((row) => row.status);
  same('what became of what was too late', statuses, ['expired', 'expired', 'uncertain', 'uncertain']);
  return found;
};
