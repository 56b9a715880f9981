import { checkMessage, MessagesService, type MessageDraft } from '../../src/modules/messages/index.js';
import { MessagesRepository } from '../../src/modules/messages/persistence/messages.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

describe('messages in the database', () => {
  let db: SqlDatabase;
  let messages: MessagesService;
  beforeAll(async () => {
    db = await openSqlDatabase();
    messages = new MessagesService(db.database, new MessagesRepository(db.database), new SystemClock());
  });
  afterAll(() => db.close());

  const draftOf = (content: string): MessageDraft => {
    const draft = checkMessage({ title: 'Aviso', content }, 'input');
    if (!draft.ok) throw new Error(JSON.stringify(draft.error));
    return draft.value;
  };
  const page = { first: 10 };

  it('that were made by sending a bare text are found and not listed', async () => {
    const scope = await aTenant(db.database);
    const made = await db.database.transaction((tx) =>
      messages.insert(tx, scope, draftOf('Oi {nome}'), { implicit: true }),
    );
    expect(made).toMatchObject({ implicit: true, status: 'ACTIVE', placeholders: ['nome'], createdBy: scope.actor });
    expect(await messages.find(scope, made.id)).toEqual(made);
    const list = await messages.list(scope, {}, page);
    expect(list.ok && list.value.nodes).toEqual([]);
    expect(list.ok && (await list.value.count())).toBe(0);
  });

  it('that are stored in a transaction that fails are not there', async () => {
    const scope = await aTenant(db.database);
    const failing = db.database.transaction(async (tx) => {
      await messages.insert(tx, scope, draftOf('Oi'), { implicit: false });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    const list = await messages.list(scope, {}, page);
    expect(list.ok && list.value.nodes).toEqual([]);
  });

  it('lose none of two changes at once', async () => {
    const scope = await aTenant(db.database);
    const { id } = await messages.insert(db.database, scope, draftOf('Oi {nome}'), { implicit: false });
    await Promise.all([
      messages.update(scope, id, { title: 'Novo' }),
      messages.update(scope, id, { variations: ['{cidade}'] }),
      messages.update(scope, id, { status: 'PAUSED' }),
    ]);
    expect(await messages.find(scope, id)).toMatchObject({
      title: 'Novo',
      variations: ['{cidade}'],
      status: 'PAUSED',
      placeholders: ['nome', 'cidade'],
    });
  });
});
