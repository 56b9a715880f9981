import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { ormOptions } from '../../ormconfig.js';
import type { Refusal } from '../../src/core/values/refusal.js';
import type { Result } from '../../src/core/values/result.js';
import type { ContactInput } from '../../src/modules/contacts/application/check-contact.js';
import { ContactEditingService } from '../../src/modules/contacts/application/contact-editing.service.js';
import { ContactGroupsService } from '../../src/modules/contacts/application/contact-groups.service.js';
import { ContactImportService } from '../../src/modules/contacts/application/contact-import.service.js';
import { ContactsService, type ContactFilter } from '../../src/modules/contacts/application/contacts.service.js';
import type { ContactRow, GroupRow } from '../../src/modules/contacts/index.js';
import { ContactGroupsRepository } from '../../src/modules/contacts/persistence/contact-groups.repository.js';
import { ContactImportRepository } from '../../src/modules/contacts/persistence/contact-import.repository.js';
import { ContactLookupsRepository } from '../../src/modules/contacts/persistence/contact-lookups.repository.js';
import { ContactsRepository } from '../../src/modules/contacts/persistence/contacts.repository.js';
import { OptOutsRepository } from '../../src/modules/contacts/persistence/opt-outs.repository.js';
import { TenantsService } from '../../src/modules/tenants/index.js';
import { TenantsRepository } from '../../src/modules/tenants/persistence/tenants.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { Database } from '../../src/platform/database/database.js';
import { newId } from '../../src/platform/database/ids.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { createTestDatabase } from './test-database.js';

/** One tenant with shortcuts; what is refused throws. */
export interface ContactsTenant {
  readonly scope: TenantScope;
  readonly create: (input: ContactInput) => Promise<ContactRow>;
  readonly group: (name: string, contactIds?: readonly string[]) => Promise<GroupRow>;
  /** A live contact. */
  readonly find: (id: string) => Promise<ContactRow>;
  /** The names of the listed contacts in the order of the list. */
  readonly names: (filter: ContactFilter) => Promise<string[]>;
  /** Rows of a statement whose $1 is the tenant's id. */
  readonly rows: <Row>(sql: string, ...values: unknown[]) => Promise<Row[]>;
}

/** The contacts feature without its API, on a database of its own. */
export interface ContactsBench {
  readonly database: Database;
  readonly contacts: ContactsService;
  readonly editing: ContactEditingService;
  readonly groups: ContactGroupsService;
  readonly imports: ContactImportService;
  /** A further tenant, Brazilian. */
  newTenant(): Promise<ContactsTenant>;
  close(): Promise<void>;
}

export async function startContactsBench(): Promise<ContactsBench> {
  const testDatabase = await createTestDatabase();
  const dataSource = await new DataSource(ormOptions(testDatabase.url, 8)).initialize();
  const database = new Database(dataSource);
  const clock = new SystemClock();
  const tenantsRepository = new TenantsRepository(database);
  const tenants = new TenantsService(tenantsRepository);
  const groupsRepository = new ContactGroupsRepository(database);
  const contactsRepository = new ContactsRepository(database);
  const contacts = new ContactsService(contactsRepository, groupsRepository, new ContactLookupsRepository(), clock);
  const editing = new ContactEditingService(database, tenants, contacts, contactsRepository, new OptOutsRepository());
  const groups = new ContactGroupsService(database, groupsRepository, contacts, clock);
  return {
    database,
    contacts,
    editing,
    groups,
    imports: new ContactImportService(database, tenants, contacts, new ContactImportRepository()),
    newTenant: async () => {
      const id = newId();
      const name = `tenant ${randomBytes(3).toString('hex')}`;
      await tenantsRepository.insert(database, { id, name, timeZone: 'America/Cuiaba', defaultCountry: 'BR' });
      const scope: TenantScope = { tenantId: id, actor: 'test' };
      return {
        scope,
        create: async (input) => accepted(await editing.create(scope, input, [])),
        group: async (groupName, contactIds = []) => accepted(await groups.create(scope, groupName, contactIds)),
        find: async (contactId) => {
          const contact = await contacts.find(scope, contactId);
          if (!contact) throw new Error(`there is no contact ${contactId}`);
          return contact;
        },
        names: async (filter) => {
          const page = accepted(await contacts.list(scope, filter, { first: 100 }));
          return page.nodes.map((contact) => contact.name);
        },
        rows: (sql, ...values) => database.query(sql, [id, ...values]),
      };
    },
    close: async () => {
      await dataSource.destroy();
      await testDatabase.drop();
    },
  };
}

/** The value of a result that must not be a refusal. */
export function accepted<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}
