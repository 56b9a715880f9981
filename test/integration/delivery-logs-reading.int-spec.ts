import type { DeliveryStatus } from '../../src/core/delivery/delivery-state.js';
import { toCriteria, type DeliveryFilter } from '../../src/modules/delivery-logs/application/delivery-filter.js';
import { DeliveriesRepository } from '../../src/modules/delivery-logs/persistence/deliveries.repository.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { aDelivery, type DeliveryInState } from '../support/factories/deliveries.js';
import { aChannel, aContact, aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

let db: SqlDatabase;
let repository: DeliveriesRepository;

beforeAll(async () => {
  db = await openSqlDatabase();
  repository = new DeliveriesRepository(db.database);
});
afterAll(() => db.close());

async function ids(scope: TenantScope, filter: DeliveryFilter): Promise<string[]> {
  const criteria = toCriteria(filter);
  if (criteria === null) throw new Error('the filter matches nothing');
  const rows = await repository.list(scope, criteria, null, 100);
  expect(await repository.count(scope, criteria)).toBe(rows.length);
  return rows.map((row) => row.id);
}

const API_STATUS: Record<DeliveryInState, DeliveryStatus> = {
  pending: 'PENDING',
  rate_limited: 'RATE_LIMITED',
  retrying: 'RETRYING',
  parked: 'PENDING',
  claimed: 'PENDING',
  sending: 'SENDING',
  uncertain: 'UNCERTAIN',
  uncertain_waiting: 'UNCERTAIN',
  sent: 'SENT',
  delivered: 'DELIVERED',
  read: 'READ',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
  expired: 'EXPIRED',
  suppressed: 'SUPPRESSED',
};
const STATES = Object.keys(API_STATUS) as DeliveryInState[];

async function oneOfEach(scope: TenantScope): Promise<Map<string, DeliveryInState>> {
  const made = new Map<string, DeliveryInState>();
  for (const state of STATES) made.set((await aDelivery(db.database, scope, { state })).id, state);
  return made;
}

describe('the delivery log', () => {
  it('tells each state in the words of the API', async () => {
    const scope = await aTenant(db.database);
    const made = await oneOfEach(scope);
    const rows = await repository.findMany(scope, [...made.keys()]);
    const told = [...rows.values()].map((row) => [made.get(row.id), row.status]);
    expect(Object.fromEntries(told)).toEqual(API_STATUS);
  });

  it('tells attempts, version and error of a live delivery from its queue row', async () => {
    const scope = await aTenant(db.database);
    const { id } = await aDelivery(db.database, scope, { state: 'retrying', attempt: 2 });
    await db.database.execute('UPDATE delivery_queue SET version = 5 WHERE delivery_id = $1', [id]);
    expect(await repository.find(scope, id)).toMatchObject({ attempt: 2, version: 6, errorCode: 'TEMPORARY' });
  });

  it('finds the deliveries of any set of statuses, each once', async () => {
    const scope = await aTenant(db.database);
    const made = await oneOfEach(scope);
    const sets: DeliveryStatus[][] = [
      ...[...new Set(Object.values(API_STATUS))].map((status) => [status]),
      ['PENDING', 'RATE_LIMITED', 'RETRYING', 'SENDING'],
      ['FAILED', 'UNCERTAIN', 'EXPIRED'],
      ['SENT', 'DELIVERED', 'READ'],
      ['PENDING', 'SENT', 'UNCERTAIN'],
      ['SENDING', 'FAILED'],
    ];
    for (const statuses of sets) {
      const expected = [...made].filter(([, state]) => statuses.includes(API_STATUS[state])).map(([id]) => id);
      expect({ statuses, found: (await ids(scope, { statuses })).sort() }).toEqual({
        statuses,
        found: expected.sort(),
      });
    }
  });

  it('restricts by schedule, run, channel, contact, client message id and due time, alone and together', async () => {
    const scope = await aTenant(db.database);
    const sql = db.database;
    const [channelId, scheduleId, contactId] = [
      await aChannel(sql, scope),
      await aSchedule(sql, scope),
      await aContact(sql, scope),
    ];
    const runId = await aRun(sql, scope, scheduleId);
    const dueAt = new Date('2026-03-01T12:00:00Z');
    const other = await aDelivery(sql, scope, { scheduleId, dueAt: new Date('2026-03-02T12:00:00Z') });
    const live = await aDelivery(sql, scope, {
      scheduleId,
      runId,
      channelId,
      contactId,
      dueAt,
      clientMessageId: 'c-1',
    });
    await aDelivery(sql, scope);

    expect(await ids(scope, { scheduleId })).toEqual([live.id, other.id]);
    expect(await ids(scope, { scheduleId, statuses: ['PENDING'] })).toEqual([live.id, other.id]);
    for (const filter of [
      { runId },
      { channelId },
      { contactId },
      { clientMessageId: 'c-1' },
      { dueFrom: dueAt, dueTo: new Date('2026-03-02T00:00:00Z') },
      { scheduleId, dueTo: new Date('2026-03-02T12:00:00Z') },
      { scheduleId: scheduleId.toUpperCase(), runId, channelId, contactId, clientMessageId: 'c-1', dueFrom: dueAt },
    ]) {
      expect(await ids(scope, filter)).toEqual([live.id]);
      expect(await ids(scope, { ...filter, statuses: ['PENDING'] })).toEqual([live.id]);
      expect(await ids(scope, { ...filter, statuses: ['PENDING', 'SENT'] })).toEqual([live.id]);
      expect(await ids(scope, { ...filter, statuses: ['SENT'] })).toEqual([]);
    }
    expect(await ids(scope, { channelId, dueTo: dueAt })).toEqual([]);
  });

  it('searches the name, the nickname and the number of the contact, and the text as it was sent', async () => {
    const scope = await aTenant(db.database);
    const sql = db.database;
    const contactId = await aContact(sql, scope, { name: 'João Conceição', nickname: 'Jota', phone: '+5565981112222' });
    const byContact = await aDelivery(sql, scope, { contactId });
    const byText = await aDelivery(sql, scope, { state: 'sent', content: 'Seu pedido 100% pronto' });
    const both = await aDelivery(sql, scope, { state: 'sent', contactId, content: 'Olá João, seu PEDIDO' });

    expect(await ids(scope, { search: 'joao conc' })).toEqual([both.id, byContact.id]);
    expect(await ids(scope, { search: 'jota' })).toEqual([both.id, byContact.id]);
    expect(await ids(scope, { search: '(65) 98111-2222' })).toEqual([both.id, byContact.id]);
    expect(await ids(scope, { search: 'pedido' })).toEqual([both.id, byText.id]);
    expect(await ids(scope, { search: '100%' })).toEqual([byText.id]);
    expect(await ids(scope, { search: 'João' })).toEqual([both.id, byContact.id]);
    expect(await ids(scope, { search: 'pedido', contactId })).toEqual([both.id]);
    expect(await ids(scope, { search: 'joao', statuses: ['PENDING'] })).toEqual([byContact.id]);
    expect(await ids(scope, { search: '_' })).toEqual([]);
  });

  it('goes on after the last row of the page before, whatever was added meanwhile', async () => {
    const scope = await aTenant(db.database);
    const scheduleId = await aSchedule(db.database, scope);
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) made.unshift((await aDelivery(db.database, scope, { scheduleId })).id);
    const criteria = { scheduleId };
    const first = await repository.list(scope, criteria, null, 2);
    await aDelivery(db.database, scope, { scheduleId });
    const second = await repository.list(scope, criteria, first[1]?.id ?? null, 10);
    expect([...first, ...second].map((row) => row.id)).toEqual(made);
  });

  it('shows a tenant nothing of another one', async () => {
    const [mine, theirs] = [await aTenant(db.database), await aTenant(db.database)];
    const { id, scheduleId, runId, channelId, contactId } = await aDelivery(db.database, theirs, {
      state: 'failed',
      content: 'secret',
      clientMessageId: 'theirs',
    });
    expect(await repository.find(mine, id)).toBeNull();
    expect((await repository.attemptsOf(mine, [id])).size).toBe(0);
    for (const filter of [
      { scheduleId },
      { runId },
      { channelId },
      { contactId },
      { search: 'secret' },
      { search: 'contact' },
      { clientMessageId: 'theirs' },
      {},
    ]) {
      expect(await ids(mine, filter)).toEqual([]);
    }
    expect([...(await repository.matching(mine, {}, [id]))]).toEqual([]);
  });

  it('tells which of some deliveries a filter holds for', async () => {
    const scope = await aTenant(db.database);
    const [sent, failed] = [
      await aDelivery(db.database, scope, { state: 'sent' }),
      await aDelivery(db.database, scope, { state: 'failed' }),
    ];
    expect(await repository.matching(scope, { statuses: ['SENT'] }, [sent.id, failed.id])).toEqual(new Set([sent.id]));
  });

  it('lists the calls of a delivery in their order', async () => {
    const scope = await aTenant(db.database);
    const { id } = await aDelivery(db.database, scope, { state: 'sent', attempt: 3 });
    const attempts = (await repository.attemptsOf(scope, [id])).get(id);
    expect(attempts?.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'not_processed'],
      [2, 'not_processed'],
      [3, 'accepted'],
    ]);
  });
});
