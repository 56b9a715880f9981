import { newId } from '../../../platform/database/ids.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type {
  ContactImportRepository,
  ContactInsertRecord,
  ContactUpdateRecord,
  NicknameRecord,
} from '../persistence/contact-import.repository.js';
import { searchText } from './contact-search.js';
import type { ImportPlan } from './import-planner.js';
import type { MergedColumns } from './merge-contact.js';

type Membership = { readonly groupId: string; readonly contactId: string };

/** Stores an import's plan in chunks, inside one transaction. */
export class ImportWriter {
  /** Ids of groups that somebody else made while the import was planned, by the planned ids. */
  private readonly actualGroupIds = new Map<string, string>();

  constructor(
    private readonly imports: ContactImportRepository,
    private readonly tx: Sql,
    private readonly scope: TenantScope,
  ) {}

  async createGroups(groups: ImportPlan['newGroups']): Promise<void> {
    if (groups.length === 0) return;
    await this.imports.insertGroups(this.tx, this.scope, groups);
    const stored = await this.imports.findGroups(
      this.tx,
      this.scope,
      groups.map(({ name }) => name),
    );
    for (const { id, name } of groups) this.actualGroupIds.set(id, stored.get(name) ?? id);
  }

  async create(creations: ImportPlan['creations']): Promise<void> {
    const contacts: ContactInsertRecord[] = [];
    const nicknames: NicknameRecord[] = [];
    const memberships: Membership[] = [];
    for (const { contact, groupIds } of creations) {
      const id = newId();
      const { nickname, phone, phoneKey } = contact;
      const search = searchText({ ...contact, nicknames: nickname === null ? [] : [nickname] });
      contacts.push({ ...record(id, { ...contact, searchText: search }), phone, phone_key: phoneKey });
      if (nickname !== null) nicknames.push(nicknameRecord(id, { nickname, isDefault: true }));
      for (const groupId of groupIds) memberships.push({ groupId, contactId: id });
    }
    if (contacts.length > 0) await this.imports.insertContacts(this.tx, this.scope, contacts);
    await this.addParts(nicknames, memberships);
  }

  async update(updates: ImportPlan['updates']): Promise<void> {
    const contacts: ContactUpdateRecord[] = [];
    const nicknames: NicknameRecord[] = [];
    const memberships: Membership[] = [];
    for (const { contactId, merge } of updates) {
      if (merge.columns !== null) contacts.push(record(contactId, merge.columns));
      if (merge.nickname !== null) nicknames.push(nicknameRecord(contactId, merge.nickname));
      for (const groupId of merge.groupIds) memberships.push({ groupId, contactId });
    }
    if (contacts.length > 0) await this.imports.updateContacts(this.tx, this.scope, contacts);
    await this.addParts(nicknames, memberships);
  }

  private async addParts(nicknames: readonly NicknameRecord[], memberships: readonly Membership[]): Promise<void> {
    if (nicknames.length > 0) await this.imports.insertNicknames(this.tx, this.scope, nicknames);
    if (memberships.length === 0) return;
    const actual = memberships.map(({ groupId, contactId }) => ({
      groupId: this.actualGroupIds.get(groupId) ?? groupId,
      contactId,
    }));
    await this.imports.insertMemberships(this.tx, this.scope, actual);
  }
}

function record(id: string, columns: MergedColumns): ContactUpdateRecord {
  const { name, email, city, timeZone, attributes, searchText: search } = columns;
  return { id, name, email, city, time_zone: timeZone, attributes, search_text: search };
}

function nicknameRecord(
  contactId: string,
  { nickname, isDefault }: { readonly nickname: string; readonly isDefault: boolean },
): NicknameRecord {
  return { id: newId(), contact_id: contactId, nickname, is_default: isDefault };
}
