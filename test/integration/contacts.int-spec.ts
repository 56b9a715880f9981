import { newId } from '../../src/platform/database/ids.js';
import { startContactsBench, type ContactsBench } from '../support/contacts.js';

const MOBILE = '(65) 98123-4567';

describe('contacts in PostgreSQL', () => {
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

  describe('of another tenant', () => {
    it('are not found, changed, deleted, opted out, grouped or listed', async () => {
      const { scope, other, group } = await setup();
      const theirs = await other.create({ name: 'Bia', phone: MOBILE });
      const ours = await group('Nossos');
      expect(await bench.contacts.find(scope, theirs.id)).toBeNull();
      expect((await bench.contacts.findMany(scope, [theirs.id])).size).toBe(0);
      expect(await bench.editing.update(scope, theirs.id, { name: 'x' }, [])).toMatchObject({
        error: { kind: 'notFound' },
      });
      expect(await bench.editing.delete(scope, theirs.id)).toMatchObject({ error: { kind: 'notFound' } });
      expect(await bench.editing.setOptOut(scope, theirs.id, true)).toMatchObject({ error: { kind: 'notFound' } });
      expect(await bench.groups.add(scope, ours.id, [theirs.id])).toMatchObject({
        error: { kind: 'invalid', violations: [{ field: 'contactIds.0', rule: 'exists' }] },
      });
      expect(await bench.groups.add(other.scope, ours.id, [theirs.id])).toMatchObject({ error: { kind: 'notFound' } });
      expect(await bench.groups.delete(other.scope, ours.id)).toMatchObject({ error: { kind: 'notFound' } });
      expect(await bench.editing.create(other.scope, { name: 'x', groupIds: [ours.id] }, [])).toMatchObject({
        error: { kind: 'invalid', violations: [{ field: 'input.groupIds.0', rule: 'exists' }] },
      });
      expect(await bench.contacts.find(other.scope, theirs.id)).toMatchObject({ name: 'Bia', optedOutAt: null });
    });

    it('do not share opt-outs nor numbers', async () => {
      const { scope, other, create } = await setup();
      const theirs = await other.create({ name: 'Bia', phone: MOBILE });
      await bench.editing.setOptOut(other.scope, theirs.id, true);
      expect(await create({ name: 'Ana', phone: MOBILE })).toMatchObject({ optedOutAt: null });
      const ids = await bench.database.transaction((tx) =>
        bench.contacts.ensureForPhones(tx, scope, [{ e164: '+5565981234567', key: '+5565981234567' }]),
      );
      expect([...ids.values()]).not.toContain(theirs.id);
    });
  });

  it('tells what is wrong with scalars, fields and ids at once, and stores nothing', async () => {
    const { scope, names } = await setup();
    const unreadable = [{ field: 'input.timeZone', message: 'must be a zone', rule: 'timeZone' }];
    const refused = await bench.editing.create(
      scope,
      { name: 'Ana', phone: '1', groupIds: ['x', newId()] },
      unreadable,
    );
    expect(refused).toMatchObject({
      error: {
        violations: [
          { field: 'input.timeZone' },
          { field: 'input.phone' },
          { field: 'input.groupIds.0' },
          { field: 'input.groupIds.1' },
        ],
      },
    });
    expect(await names({})).toEqual([]);
  });

  describe('update', () => {
    it('leaves absent fields, clears null and replaces nicknames and groups', async () => {
      const { scope, create, group, names } = await setup();
      const [first, second] = [await group('A'), await group('B')];
      const contact = await create({
        name: 'Ana',
        phone: MOBILE,
        city: 'Sinop',
        attributes: { a: 1 },
        nicknames: [{ nickname: 'x' }, { nickname: 'y', isDefault: true }],
        groupIds: [first.id],
      });
      await bench.editing.update(
        scope,
        contact.id,
        { city: null, groupIds: [second.id], nicknames: [{ nickname: 'Zezé' }] },
        [],
      );
      expect(await bench.contacts.find(scope, contact.id)).toMatchObject({
        name: 'Ana',
        phone: '+5565981234567',
        city: null,
        attributes: { a: 1 },
      });
      expect((await bench.contacts.groupsOf(scope, [contact.id])).get(contact.id)).toMatchObject([{ name: 'B' }]);
      expect((await bench.contacts.nicknamesOf(scope, [contact.id])).get(contact.id)).toMatchObject([
        { nickname: 'Zezé' },
      ]);
      expect(await names({ search: 'zeze' })).toEqual(['Ana']);
      expect(await names({ search: 'sinop' })).toEqual([]);
    });

    it('keeps nicknames findable when only the name changes', async () => {
      const { scope, create, names } = await setup();
      const contact = await create({ name: 'Ana', nicknames: [{ nickname: 'Nana' }] });
      await bench.editing.update(scope, contact.id, { name: 'Bia' }, []);
      expect(await names({ search: 'nana' })).toEqual(['Bia']);
    });
  });

  describe('lists', () => {
    it('page through every contact once, the newest last, under one filter', async () => {
      const { scope, create } = await setup();
      for (const name of ['a1', 'a2', 'b1', 'a3']) await create({ name });
      const seen: string[] = [];
      let after: string | null = null;
      for (;;) {
        const page = await bench.contacts.list(scope, { search: 'a' }, { first: 2, after });
        if (!page.ok) throw new Error(JSON.stringify(page.error));
        seen.push(...page.value.nodes.map((contact) => contact.name));
        after = page.value.endCursor;
        if (!page.value.hasNextPage) break;
      }
      expect(seen).toEqual(['a1', 'a2', 'a3']);
      expect(await bench.contacts.list(scope, { search: 'b' }, { first: 2, after })).toMatchObject({
        error: { violations: [{ field: 'after', rule: 'cursor.mismatch' }] },
      });
    });

    it('restrict by group and opt-out', async () => {
      const { scope, create, group, names } = await setup();
      const [ana, bia] = [await create({ name: 'Ana' }), await create({ name: 'Bia' })];
      const { id } = await group('A', [bia.id, ana.id]);
      await create({ name: 'Caio' });
      await bench.editing.setOptOut(scope, ana.id, true);
      expect(await names({ groupId: id })).toEqual(['Ana', 'Bia']);
      expect(await names({ groupId: id, optedOut: false })).toEqual(['Bia']);
      expect(await names({ optedOut: true })).toEqual(['Ana']);
      expect(await names({ groupId: newId() })).toEqual([]);
      expect(await names({ groupId: 'no id' })).toEqual([]);
    });

    it('take % and _ for what they are', async () => {
      const { create, names } = await setup();
      await create({ name: 'Desconto 100%' });
      await create({ name: 'Desconto 1000' });
      expect(await names({ search: '100%' })).toEqual(['Desconto 100%']);
    });
  });

  describe('groups', () => {
    it('have one name ignoring case, and tell whose it is', async () => {
      const { scope, group } = await setup();
      const { id } = await group('Clientes VIP');
      expect(await bench.groups.create(scope, ' clientes vip ', [])).toMatchObject({
        error: { kind: 'conflict', current: { id } },
      });
    });

    it('count and page their live members', async () => {
      const { scope, create, group } = await setup();
      const members = [await create({ name: 'a' }), await create({ name: 'b' }), await create({ name: 'c' })];
      const { id } = await group(
        'A',
        members.map((contact) => contact.id),
      );
      await bench.editing.delete(scope, members[1]?.id ?? '');
      expect(await bench.groups.memberCounts(scope, [id])).toEqual(new Map([[id, 2]]));
      const first = (await bench.groups.members(scope, [id], null, 1)).get(id);
      expect(first).toMatchObject({ nodes: [{ name: 'a' }], hasNextPage: true });
      const after = bench.groups.membersAfter(id, { first: 1, after: first?.endCursor ?? null });
      expect(after).toEqual({ ok: true, value: members[0]?.id });
      expect((await bench.groups.members(scope, [id], members[0]?.id ?? '', 5)).get(id)).toMatchObject({
        nodes: [{ name: 'c' }],
        hasNextPage: false,
      });
    });

    it('refuse a cursor of another group', async () => {
      const { scope, create, group } = await setup();
      const { id: contactId } = await create({ name: 'a' });
      const [first, second] = [await group('A', [contactId]), await group('B')];
      const page = (await bench.groups.members(scope, [first.id], null, 1)).get(first.id);
      expect(bench.groups.membersAfter(second.id, { first: 1, after: page?.endCursor ?? null })).toMatchObject({
        error: { violations: [{ rule: 'cursor.mismatch' }] },
      });
    });

    it('are left by their members when they are deleted', async () => {
      const { scope, create, group } = await setup();
      const ana = await create({ name: 'Ana' });
      const { id } = await group('A', [ana.id]);
      expect(await bench.groups.delete(scope, id)).toEqual({ ok: true, value: true });
      expect(await bench.groups.delete(scope, id)).toMatchObject({ error: { kind: 'notFound' } });
      expect((await bench.contacts.groupsOf(scope, [ana.id])).size).toBe(0);
    });
  });

  describe('delete', () => {
    it('leaves a row that tells nothing about the person', async () => {
      const { scope, create, group, rows } = await setup();
      const { id: groupId } = await group('A');
      const { id } = await create({
        name: 'Ana',
        phone: MOBILE,
        email: 'ana@exemplo.com',
        city: 'Sinop',
        timeZone: 'America/Cuiaba',
        attributes: { cpf: '1' },
        nicknames: [{ nickname: 'Nana' }],
        groupIds: [groupId],
      });
      expect(await bench.editing.delete(scope, id)).toEqual({ ok: true, value: true });
      const [row] = await rows<Record<string, unknown>>('SELECT * FROM contacts WHERE tenant_id = $1 AND id = $2', id);
      expect(row).toMatchObject({
        name: 'deleted',
        phone: null,
        phone_key: null,
        email: null,
        city: null,
        time_zone: null,
        attributes: {},
        search_text: '',
        deleted_at: expect.any(Date) as unknown,
      });
      expect(await rows('SELECT FROM nicknames WHERE tenant_id = $1')).toEqual([]);
      expect(await rows('SELECT FROM group_memberships WHERE tenant_id = $1')).toEqual([]);
      expect(await bench.contacts.find(scope, id)).toBeNull();
      expect((await bench.contacts.findMany(scope, [id])).get(id)).toMatchObject({ name: 'deleted' });
      expect(await bench.editing.delete(scope, id)).toMatchObject({ error: { kind: 'notFound' } });
      expect(await bench.editing.update(scope, id, { name: 'x' }, [])).toMatchObject({ error: { kind: 'notFound' } });
    });
  });
});
