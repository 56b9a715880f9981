import { startContactsBench, type ContactsBench } from '../support/contacts.js';

const MOBILE = '(65) 98123-4567';
const WITHOUT_NINTH_DIGIT = '(65) 8123-4567';
const ANOTHER = '(65) 99999-0000';

describe('an opt-out', () => {
  let bench: ContactsBench;

  beforeAll(async () => {
    bench = await startContactsBench();
  });

  afterAll(async () => {
    await bench.close();
  });

  it('holds for every contact with the number, across the ninth digit', async () => {
    const { scope, create, find } = await bench.newTenant();
    const [ana, spouse, stranger] = [
      await create({ name: 'Ana', phone: MOBILE }),
      await create({ name: 'Beto', phone: WITHOUT_NINTH_DIGIT }),
      await create({ name: 'Caio', phone: ANOTHER }),
    ];
    await bench.editing.setOptOut(scope, ana.id, true);
    expect((await find(spouse.id)).optedOutAt).toEqual((await find(ana.id)).optedOutAt);
    expect((await find(stranger.id)).optedOutAt).toBeNull();
    await bench.editing.setOptOut(scope, spouse.id, false);
    expect((await find(ana.id)).optedOutAt).toBeNull();
  });

  it('is remembered when the contact is deleted and made again, and keeps its time', async () => {
    const { scope, create, find } = await bench.newTenant();
    const ana = await create({ name: 'Ana', phone: MOBILE });
    await bench.editing.setOptOut(scope, ana.id, true);
    const { optedOutAt } = await find(ana.id);
    await bench.editing.setOptOut(scope, ana.id, true);
    await bench.editing.delete(scope, ana.id);
    expect(await create({ name: 'Ana', phone: WITHOUT_NINTH_DIGIT })).toMatchObject({ optedOutAt });
  });

  it('comes with a number and goes along to a new one', async () => {
    const { scope, create, find } = await bench.newTenant();
    const [ana, beto, caio] = [
      await create({ name: 'Ana', phone: MOBILE }),
      await create({ name: 'Beto' }),
      await create({ name: 'Caio', phone: ANOTHER }),
    ];
    await bench.editing.setOptOut(scope, ana.id, true);
    await bench.editing.update(scope, beto.id, { phone: MOBILE }, []);
    expect((await find(beto.id)).optedOutAt).not.toBeNull();
    await bench.editing.update(scope, ana.id, { phone: ANOTHER }, []);
    expect((await find(ana.id)).optedOutAt).not.toBeNull();
    expect((await find(caio.id)).optedOutAt).not.toBeNull();
  });

  it('works for a contact without a number', async () => {
    const { scope, create, find } = await bench.newTenant();
    const { id } = await create({ name: 'Ana' });
    await bench.editing.setOptOut(scope, id, true);
    expect((await find(id)).optedOutAt).not.toBeNull();
    await bench.editing.setOptOut(scope, id, false);
    expect((await find(id)).optedOutAt).toBeNull();
  });

  it('is not missed by contacts that get the number at the same moment', async () => {
    const { scope, create, rows } = await bench.newTenant();
    const ana = await create({ name: 'Ana', phone: MOBILE });
    await Promise.all([
      ...Array.from({ length: 5 }, (_, index) => create({ name: `Novo ${index}`, phone: MOBILE })),
      bench.editing.setOptOut(scope, ana.id, true),
    ]);
    expect(await rows('SELECT name FROM contacts WHERE tenant_id = $1 AND opted_out_at IS NULL')).toEqual([]);
  });
});
