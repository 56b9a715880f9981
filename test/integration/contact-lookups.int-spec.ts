import { startContactsBench, type ContactsBench } from '../support/contacts.js';

const MOBILE = '(65) 98123-4567';
const WITHOUT_NINTH_DIGIT = '(65) 8123-4567';

describe('contacts for other features', () => {
  let bench: ContactsBench;

  beforeAll(async () => {
    bench = await startContactsBench();
  });

  afterAll(async () => {
    await bench.close();
  });

  async function setup() {
    return { ...(await bench.newTenant()), other: await bench.newTenant() };
  }

  it('tells which ids name nothing that lives', async () => {
    const { scope, other, create, group } = await setup();
    const [live, dead, foreign] = [
      await create({ name: 'a' }),
      await create({ name: 'b' }),
      await other.create({ name: 'c' }),
    ];
    await bench.editing.delete(scope, dead.id);
    const ids = [live.id, live.id.toUpperCase(), dead.id, foreign.id, 'no id'];
    expect(await bench.contacts.missingContacts(bench.database, scope, ids)).toEqual(
      new Set([dead.id, foreign.id, 'no id']),
    );
    const { id } = await group('A');
    expect(await bench.contacts.missingGroups(bench.database, scope, [id, live.id])).toEqual(new Set([live.id]));
  });

  it('makes one implicit contact for an unknown number, also for two at once', async () => {
    const { scope, names, find } = await setup();
    const phones = [
      { e164: '+556581234567', key: '+5565981234567' },
      { e164: '+5565981234567', key: '+5565981234567' },
    ];
    const ensure = () => bench.database.transaction((tx) => bench.contacts.ensureForPhones(tx, scope, phones));
    const found = await Promise.all([ensure(), ensure(), ensure()]);
    const ids = new Set(found.flatMap((map) => [...map.values()]));
    expect(ids.size).toBe(1);
    expect([...(found[0] ?? [])].map(([e164]) => e164)).toEqual(phones.map((phone) => phone.e164));
    const [id = ''] = ids;
    expect(await find(id)).toMatchObject({ implicit: true, phoneKey: '+5565981234567' });
    expect(await names({})).toEqual([]);
    await bench.editing.update(scope, id, { name: 'Ana' }, []);
    expect(await names({})).toEqual(['Ana']);
  });

  it('finds the contact of a number, a named one first', async () => {
    const { scope, create } = await setup();
    const phone = { e164: '+5565981234567', key: '+5565981234567' };
    const ensure = async () =>
      (await bench.database.transaction((tx) => bench.contacts.ensureForPhones(tx, scope, [phone]))).get(phone.e164);
    const implicit = await ensure();
    const named = await create({ name: 'Ana', phone: WITHOUT_NINTH_DIGIT });
    expect(implicit).not.toBe(named.id);
    expect(await ensure()).toBe(named.id);
  });

  it('gives an implicit contact the opt-out of its number', async () => {
    const { scope, create } = await setup();
    const ana = await create({ name: 'Ana', phone: MOBILE });
    await bench.editing.setOptOut(scope, ana.id, true);
    await bench.editing.delete(scope, ana.id);
    const phone = { e164: '+5565981234567', key: '+5565981234567' };
    const ids = await bench.database.transaction((tx) => bench.contacts.ensureForPhones(tx, scope, [phone]));
    expect(await bench.contacts.find(scope, ids.get(phone.e164) ?? '')).toMatchObject({
      implicit: true,
      optedOutAt: expect.any(Date) as unknown,
    });
  });
});
