import type { ImportReport, ImportRequest } from '../../src/modules/contacts/application/contact-import.service.js';
import { newId } from '../../src/platform/database/ids.js';
import { accepted, startContactsBench, type ContactsBench, type ContactsTenant } from '../support/contacts.js';

const csv = (...lines: string[]) => lines.join('\n');

describe('an import', () => {
  let bench: ContactsBench;

  beforeAll(async () => {
    bench = await startContactsBench();
  });

  afterAll(async () => {
    await bench.close();
  });

  async function setup() {
    const tenant = await bench.newTenant();
    const run = async (content: string, request: Partial<ImportRequest> = {}): Promise<ImportReport> =>
      accepted(await bench.imports.run(tenant.scope, { format: 'CSV', content, ...request }));
    return { ...tenant, run };
  }

  /** Everything of the tenant that an import may write, without ids and times. */
  async function everything({ rows }: ContactsTenant): Promise<unknown> {
    return {
      contacts: await rows(
        `SELECT name, phone, phone_key, email, city, time_zone, attributes, search_text, implicit, opted_out_at
           FROM contacts WHERE tenant_id = $1 ORDER BY id`,
      ),
      nicknames: await rows('SELECT nickname, is_default FROM nicknames WHERE tenant_id = $1 ORDER BY nickname'),
      groups: await rows('SELECT name FROM contact_groups WHERE tenant_id = $1 ORDER BY name'),
      members: await rows(
        `SELECT g.name AS group, c.name FROM group_memberships m JOIN contacts c ON c.id = m.contact_id
           JOIN contact_groups g ON g.id = m.group_id WHERE m.tenant_id = $1 ORDER BY 1, 2`,
      ),
    };
  }

  it('creates contacts with all that the file tells, in the order of the file', async () => {
    const tenant = await setup();
    const report = await tenant.run(
      csv(
        'nome;telefone;email;cidade;apelido;grupos;fuso;Plano',
        'Zoé Araújo;(65) 98123-4567;Zoe@exemplo.com;Cuiabá;Zô;"Clientes; VIP";America/Cuiaba;Ouro',
        'Ana;;ana@exemplo.com;;;clientes;;',
      ),
    );
    expect(report).toEqual({ created: 2, updated: 0, unchanged: 0, duplicates: 0, rejected: [] });
    expect(await everything(tenant)).toEqual({
      contacts: [
        {
          name: 'Zoé Araújo',
          phone: '+5565981234567',
          phone_key: '+5565981234567',
          email: 'Zoe@exemplo.com',
          city: 'Cuiabá',
          time_zone: 'America/Cuiaba',
          attributes: { Plano: 'Ouro' },
          search_text: 'zoe araujo\nzo\nzoe@exemplo.com\ncuiaba\n5565981234567',
          implicit: false,
          opted_out_at: null,
        },
        {
          name: 'Ana',
          phone: null,
          phone_key: null,
          email: 'ana@exemplo.com',
          city: null,
          time_zone: null,
          attributes: {},
          search_text: 'ana\nana@exemplo.com',
          implicit: false,
          opted_out_at: null,
        },
      ],
      nicknames: [{ nickname: 'Zô', is_default: true }],
      groups: [{ name: 'Clientes' }, { name: 'VIP' }],
      members: [
        { group: 'Clientes', name: 'Ana' },
        { group: 'Clientes', name: 'Zoé Araújo' },
        { group: 'VIP', name: 'Zoé Araújo' },
      ],
    });
    expect(await tenant.names({ search: 'zo' })).toEqual(['Zoé Araújo']);
  });

  describe('of what is known', () => {
    it('counts each line once, and a dry run says the same and changes nothing', async () => {
      const tenant = await setup();
      await tenant.create({ name: 'Igual', phone: '(65) 98111-1111', city: 'Sinop' });
      await tenant.create({
        name: 'Antigo',
        phone: '(65) 8122-2222',
        city: 'Sinop',
        nicknames: [{ nickname: 'Tigo' }],
      });
      await tenant.create({ name: 'Por E-mail', email: 'por@exemplo.com', phone: '(65) 98133-3333' });
      const content = csv(
        'nome,telefone,email,cidade,apelido,grupos,cor',
        'Igual,65 8111-1111,,,,,',
        'Novo nome,65 98122-2222,,,Outro,Turma,azul',
        'Por E-mail,,POR@exemplo.com,,,,',
        'Nova,(65) 98144-4444,nova@exemplo.com,,Nô,Turma,',
        'Nova de novo,65 8144-4444,,,,,',
        'Nova sem número,,NOVA@exemplo.com,,,,',
        'Errada,123,,,,,',
        ',65 98155-5555,,,,,',
      );
      const before = await everything(tenant);
      const planned = await tenant.run(content, { dryRun: true });
      expect(planned).toEqual({
        created: 1,
        updated: 1,
        unchanged: 2,
        duplicates: 2,
        rejected: [
          { line: 8, reason: expect.stringContaining('"123"') as unknown },
          { line: 9, reason: expect.stringContaining('name') as unknown },
        ],
      });
      expect(await everything(tenant)).toEqual(before);
      expect(await tenant.run(content)).toEqual(planned);
      expect(await everything(tenant)).toMatchObject({
        contacts: [
          { name: 'Igual', phone: '+5565981111111', city: 'Sinop' },
          { name: 'Novo nome', phone: '+556581222222', city: 'Sinop', attributes: { cor: 'azul' } },
          { name: 'Por E-mail', email: 'por@exemplo.com' },
          { name: 'Nova' },
        ],
        nicknames: [
          { nickname: 'Nô', is_default: true },
          { nickname: 'Outro', is_default: false },
          { nickname: 'Tigo', is_default: false },
        ],
        members: [
          { group: 'Turma', name: 'Nova' },
          { group: 'Turma', name: 'Novo nome' },
        ],
      });
      expect(await tenant.run(content)).toMatchObject({ created: 0, updated: 0, unchanged: 4, duplicates: 2 });
    });

    it('counts a second line for the same stored contact as a duplicate, also when the first changes its address', async () => {
      const tenant = await setup();
      await tenant.create({ name: 'Ana', phone: '(65) 98111-1111', email: 'velho@exemplo.com' });
      const content = csv(
        'nome,telefone,email',
        'Ana,65 98111-1111,novo@exemplo.com',
        'Ana,,velho@exemplo.com',
        'Ana,,novo@exemplo.com',
      );
      const planned = await tenant.run(content, { dryRun: true });
      expect(planned).toMatchObject({ created: 0, updated: 1, unchanged: 0, duplicates: 2 });
      expect(await tenant.run(content)).toEqual(planned);
    });

    it('matches the contact that somebody named, then the oldest', async () => {
      const tenant = await setup();
      const phone = { e164: '+5565981111111', key: '+5565981111111' };
      await bench.database.transaction((tx) => bench.contacts.ensureForPhones(tx, tenant.scope, [phone]));
      await tenant.create({ name: 'Primeira', phone: phone.e164 });
      await tenant.create({ name: 'Segunda', phone: phone.e164 });
      await tenant.run(csv('nome,telefone', `Renomeada,${phone.e164}`));
      expect(await tenant.names({})).toEqual(['Renomeada', 'Segunda']);
    });

    it('names and lists a contact that was only a number', async () => {
      const tenant = await setup();
      const phone = { e164: '+5565981111111', key: '+5565981111111' };
      await bench.database.transaction((tx) => bench.contacts.ensureForPhones(tx, tenant.scope, [phone]));
      expect(await tenant.run(csv('nome,telefone', 'Ana,65 8111-1111'))).toMatchObject({ created: 0, updated: 1 });
      expect(await tenant.names({ search: '8111' })).toEqual(['Ana']);
    });

    it('leaves deleted contacts and those of other tenants alone', async () => {
      const [tenant, other] = [await setup(), await setup()];
      const content = csv('nome,telefone,grupos', 'Ana,(65) 98111-1111,Turma');
      await other.run(content);
      const ana = await tenant.create({ name: 'Velha', phone: '(65) 98111-1111' });
      await bench.editing.delete(tenant.scope, ana.id);
      expect(await tenant.run(content)).toMatchObject({ created: 1, updated: 0, unchanged: 0 });
      expect(await other.names({})).toEqual(['Ana']);
    });
  });

  it('remembers the opt-out of a number whose contact was deleted', async () => {
    const tenant = await setup();
    const ana = await tenant.create({ name: 'Ana', phone: '(65) 98111-1111' });
    await bench.editing.setOptOut(tenant.scope, ana.id, true);
    await bench.editing.delete(tenant.scope, ana.id);
    await tenant.run(csv('nome,telefone', 'Ana,(65) 8111-1111', 'Bia,(65) 98222-2222'));
    expect(await tenant.names({ optedOut: true })).toEqual(['Ana']);
    expect(await tenant.names({ optedOut: false })).toEqual(['Bia']);
  });

  it('puts everybody into the given group, also those who are unchanged otherwise', async () => {
    const tenant = await setup();
    const group = await tenant.group('Festa');
    await tenant.create({ name: 'Ana', phone: '(65) 98111-1111' });
    const content = csv('nome,telefone,grupos', 'Ana,(65) 98111-1111,', 'Bia,(65) 98222-2222,festa');
    expect(await tenant.run(content, { groupId: group.id.toUpperCase() })).toMatchObject({ created: 1, updated: 1 });
    expect(await tenant.names({ groupId: group.id })).toEqual(['Ana', 'Bia']);
    expect(await tenant.run(content, { groupId: group.id })).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
  });

  it('goes through files of several rounds of statements', async () => {
    const tenant = await setup();
    const lines = Array.from(
      { length: 2_500 },
      (_, index) => `Pessoa ${index},(65) 98${String(100_000 + index)}0,G${index % 7}`,
    );
    const content = csv('nome,telefone,grupos', ...lines);
    expect(await tenant.run(content)).toMatchObject({ created: 2_500 });
    expect(await tenant.run(content)).toMatchObject({ created: 0, unchanged: 2_500 });
    const [counted] = await tenant.rows('SELECT count(*)::int AS members FROM group_memberships WHERE tenant_id = $1');
    expect(counted).toEqual({ members: 2_500 });
  });

  it('creates each contact once when the same file is imported twice at the same time', async () => {
    const tenant = await setup();
    const content = csv(
      'nome,telefone,grupos',
      ...['1', '2', '3'].map((digit) => `P${digit},(65) 98111-111${digit},Turma`),
    );
    const reports = await Promise.all([tenant.run(content), tenant.run(content), tenant.run(content)]);
    expect(reports.map(({ created }) => created).sort()).toEqual([0, 0, 3]);
    expect(await tenant.names({})).toEqual(['P1', 'P2', 'P3']);
  });

  it('stores nothing at all when it fails midway', async () => {
    const tenant = await setup();
    await bench.database.execute(`ALTER TABLE nicknames ADD CONSTRAINT broken CHECK (nickname <> 'quebra') NOT VALID`);
    const content = csv('nome,telefone,apelido,grupos', 'Ana,(65) 98111-1111,quebra,Turma');
    await expect(tenant.run(content)).rejects.toMatchObject({ code: '23514' });
    await bench.database.execute('ALTER TABLE nicknames DROP CONSTRAINT broken');
    expect(await everything(tenant)).toEqual({ contacts: [], nicknames: [], groups: [], members: [] });
  });

  describe('is refused', () => {
    it.each([
      ['a format that is not built', { format: 'VCARD' }, 'input.format', 'unsupported'],
      ['a file without columns', { content: '' }, 'input.content', 'csv.empty'],
      ['a file without a name column', { content: 'a,b\n1,2' }, 'input.content', 'csv.noNameColumn'],
      ['a quote that never closes', { content: 'nome\n"Ana' }, 'input.content', 'csv.unclosedQuote'],
      ['more than 25 MB', { content: 'x'.repeat(25 * 1024 * 1024 + 1) }, 'input.content', 'maxBytes'],
      ['an unknown group', { groupId: newId() }, 'input.groupId', 'exists'],
      ['a group id that is none', { groupId: 'x' }, 'input.groupId', 'exists'],
    ] as const)('for %s', async (_what, request, field, rule) => {
      const { scope, rows } = await setup();
      const refused = await bench.imports.run(scope, { format: 'CSV', content: 'nome\nAna', ...request });
      expect(refused).toMatchObject({ ok: false, error: { kind: 'invalid', violations: [{ field, rule }] } });
      expect(await rows('SELECT FROM contacts WHERE tenant_id = $1')).toEqual([]);
    });

    it('for all reasons at once', async () => {
      const { scope } = await setup();
      const refused = await bench.imports.run(scope, { format: 'CSV', content: '', groupId: 'x' });
      expect(refused).toMatchObject({
        error: { violations: [{ field: 'input.content' }, { field: 'input.groupId' }] },
      });
    });
  });

  it('rejects single lines that cannot be stored', async () => {
    const tenant = await setup();
    const report = await tenant.run(
      csv('nome,cor', `${'x'.repeat(201)},`, `Ana,${'x'.repeat(1_001)}`, 'Bia \ud800,', 'Caio,azul'),
    );
    expect(report).toMatchObject({ created: 1, rejected: [{ line: 2 }, { line: 3 }, { line: 4 }] });
    expect(await tenant.names({})).toEqual(['Caio']);
  });
});
