import { shuffled } from '../../src/core/planning/seeded-random.js';
import { ProviderEventsRepository } from '../../src/modules/delivery-logs/persistence/provider-events.repository.js';
import type { Database } from '../../src/platform/database/database.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { aDelivery, type StoredDelivery } from '../support/factories/deliveries.js';
import { aChannel, aTenant } from '../support/factories/rows.js';
import { anEvent, BASE_MS, statusEventsOn, waitingEvents } from '../support/status-events.js';
import { allClients, CLIENTS, findings, overtaken, type Scenario } from './world.js';

const KINDS = ['SENT', 'DELIVERED', 'READ'] as const;

/** Events of one delivery that come at once leave it where all of them together say, and nothing waits for ever. */
export const receipts: Scenario = async ({ admin, database, db }) => {
  const { found, same } = findings();
  // What it needs of the API's connections the workers' have as well.
  const api = database as unknown as Database;
  const scope = await aTenant(admin);
  const channelId = await aChannel(admin, scope);
  const deliveries: StoredDelivery[] = [];
  for (let n = 0; n < 8; n += 1) deliveries.push(await aDelivery(admin, scope, { state: 'sent', channelId }));
  const failures = await allClients(async (client) => {
    const { sut } = statusEventsOn(api);
    for (const { id } of deliveries) {
      const kind = KINDS[client % KINDS.length] ?? 'READ';
      await sut.receive(scope.tenantId, channelId, [anEvent(kind, client + 1, { deliveryId: id })]);
    }
  });
  const { sweeper } = statusEventsOn(api);
  for (let sweep = 0; sweep < 3; sweep += 1) await sweeper.runOnce('recent');
  const statuses = await admin.query<{ status: string }>(
    `SELECT DISTINCT status::text FROM deliveries WHERE channel_id = $1`,
    [channelId],
  );
  same('what all have read', statuses, [{ status: 'read' }]);
  same('events that wait', await waitingEvents(admin, scope), 0);

  // What another replica is just writing is not overwritten with what follows from the row before it.
  const contested = await aDelivery(admin, scope, { state: 'sent', channelId });
  await overtaken(
    { admin },
    db.database,
    (tx) => tx.execute(`UPDATE deliveries SET status = 'read', read_at = now() WHERE id = $1`, [contested.id]),
    () => {
      const event = anEvent('DELIVERED', 1, { deliveryId: contested.id });
      return statusEventsOn(api).sut.receive(scope.tenantId, channelId, [event]);
    },
  );
  const kept = await admin.query(`SELECT status::text FROM deliveries WHERE id = $1`, [contested.id]);
  same('what was read', kept, [{ status: 'read' }]);

  // What an event takes out of the queue goes on from where it was there.
  const waiting = await aDelivery(admin, scope, { state: 'uncertain_waiting', attempt: 2, channelId });
  await admin.execute('UPDATE delivery_queue SET version = 7, attempt = 2 WHERE delivery_id = $1', [waiting.id]);
  const before = 'UPDATE deliveries SET version = 3, attempt = 0 WHERE id = $1';
  await admin.execute(before, [waiting.id]);
  await statusEventsOn(api).sut.receive(scope.tenantId, channelId, [anEvent('READ', 99, { deliveryId: waiting.id })]);
  const settled = await admin.query('SELECT status::text, version, attempt FROM deliveries WHERE id = $1', [
    waiting.id,
  ]);
  same('what waited and was read', settled, [{ status: 'read', version: 11, attempt: 2 }]);

  // A dispatcher that is just beginning the call of a delivery keeps it, whatever an event says.
  const claimed = await aDelivery(admin, scope, { state: 'claimed', channelId });
  await overtaken(
    { admin },
    db.database,
    (tx) => tx.execute(`UPDATE delivery_queue SET state = 'sending' WHERE delivery_id = $1`, [claimed.id]),
    () =>
      statusEventsOn(api).sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 1, { deliveryId: claimed.id })]),
  );
  const queued = await admin.query('SELECT FROM delivery_queue WHERE delivery_id = $1', [claimed.id]);
  same('rows of a delivery that is at the gateway', queued.length, 1);
  return [...failures, ...found];
};

/** Each event is stored once, however many bring it and in whatever order, and belongs to its own channel's message. */
export const arriving: Scenario = async ({ admin, database, db, random }) => {
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const { tenantId } = scope;
  const [channelId, other] = [await aChannel(admin, scope), await aChannel(admin, scope)];
  const [first, second] = [await aDelivery(admin, scope, { channelId }), await aDelivery(admin, scope, { channelId })];
  const repository = new ProviderEventsRepository();
  const remember = (sql: Sql, ...keys: readonly string[]) =>
    repository.rememberGatewayMessages(
      sql,
      keys.map((key) => ({ tenantId, channelId, gatewayMessageId: key, deliveryId: first.id })),
    );
  const nothing = { deliveryId: null, errorCode: null, errorMessage: null, occurredAt: new Date(BASE_MS) };
  const insert = (sql: Sql, ...keys: readonly string[]) =>
    repository.insert(
      sql,
      keys.map((key) => ({ tenantId, channelId, eventKey: key, gatewayMessageId: key, kind: 'SENT', ...nothing })),
      () => false,
    );
  const keys = Array.from({ length: 100 }, (_, n) => `m-${n}`);
  const orders = Array.from({ length: CLIENTS }, () => shuffled(random, keys));
  const failures = await allClients(async (client) => {
    const order = orders[client] ?? [];
    // Half of them this way round, so that each statement is the first for many.
    for (const write of client % 2 === 0 ? [insert, remember] : [remember, insert]) await write(database, ...order);
  });
  same('stored events', (await admin.query('SELECT FROM provider_events')).length, keys.length);

  // One batch in the order of its keys, and one that brings them the other way round: neither waits for the other in a ring.
  await overtaken(
    { admin },
    db.database,
    (tx) => insert(tx, 'a'),
    () => insert(database, 'z', 'a'),
    (tx) => insert(tx, 'z'),
  );
  await overtaken(
    { admin },
    db.database,
    (tx) => remember(tx, 'a'),
    () => remember(database, 'z', 'a'),
    (tx) => remember(tx, 'z'),
  );

  // Another channel's provider may use the same id for something else; and what has its delivery keeps it.
  await admin.execute(`UPDATE provider_events SET channel_id = $1 WHERE gateway_message_id = 'm-1'`, [other]);
  await admin.execute(`UPDATE provider_events SET delivery_id = $1 WHERE gateway_message_id = 'm-2'`, [second.id]);
  const waiting = await admin.query<{ tenantId: string; id: string; deliveryId: null; receivedAt: string }>(
    `SELECT tenant_id AS "tenantId", id, NULL AS "deliveryId", received_at::text AS "receivedAt" FROM provider_events
      WHERE gateway_message_id IN ('m-1', 'm-2')`,
  );
  none('events that were given to another delivery', await repository.rematch(database, waiting));
  return [...failures, ...found];
};
