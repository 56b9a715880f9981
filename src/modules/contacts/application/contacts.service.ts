import { Injectable } from '@nestjs/common';
import { ok, type Result } from '../../../core/values/result.js';
import type { Refusal } from '../../../core/values/refusal.js';
import { Clock } from '../../../platform/clock/clock.js';
import { isId, newId } from '../../../platform/database/ids.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { idInCursor } from '../../../platform/graphql/id-cursor.js';
import {
  encodeCursor,
  toPage,
  type CursorScope,
  type Page,
  type PageRequest,
} from '../../../platform/graphql/pagination.js';
import { ContactGroupsRepository } from '../persistence/contact-groups.repository.js';
import { ContactLookupsRepository } from '../persistence/contact-lookups.repository.js';
import { ContactsRepository } from '../persistence/contacts.repository.js';
import type { ContactRow, GroupRow, NicknameRow } from './contact-rows.js';
import { searchPatterns, searchText } from './contact-search.js';

/** What a list of contacts is restricted to. */
export interface ContactFilter {
  /** Part of the name, number, e-mail address, city or a nickname; case and accents do not matter. */
  readonly search?: string | null | undefined;
  readonly groupId?: string | null | undefined;
  readonly optedOut?: boolean | null | undefined;
}

/** Reads contacts, for this feature's API and for the features that send to them. */
@Injectable()
export class ContactsService {
  constructor(
    private readonly contacts: ContactsRepository,
    private readonly groups: ContactGroupsRepository,
    private readonly lookups: ContactLookupsRepository,
    private readonly clock: Clock,
  ) {}

  /** A live contact, also one that was made by sending to a bare number. */
  async find(scope: TenantScope, id: string): Promise<ContactRow | null> {
    return isId(id) ? this.contacts.findLive(scope, id) : null;
  }

  /** The listed contacts, the newest last: neither deleted ones nor those made by sending to a bare number. */
  async list(scope: TenantScope, filter: ContactFilter, page: PageRequest): Promise<Result<Page<ContactRow>, Refusal>> {
    const cursorScope: CursorScope = { list: 'contacts', filter };
    const after = idInCursor(cursorScope, page.after, this.clock.nowMs());
    if (!after.ok) return after;
    const { search, groupId, optedOut } = filter;
    // A text that can be no id names no group, and an unknown group has no members.
    if (typeof groupId === 'string' && !isId(groupId)) {
      return ok({ nodes: [], hasNextPage: false, endCursor: null, count: () => Promise.resolve(0) });
    }
    const patterns = searchPatterns(search);
    const criteria = {
      ...(patterns === undefined ? {} : { patterns }),
      ...(typeof groupId === 'string' ? { groupId } : {}),
      ...(typeof optedOut === 'boolean' ? { optedOut } : {}),
    };
    const rows = await this.contacts.list(scope, criteria, after.value, page.first + 1);
    const cursorOf = (row: ContactRow) => encodeCursor(cursorScope, [row.id], this.clock.nowMs());
    return ok(toPage(rows, page, cursorOf, () => this.contacts.count(scope, criteria)));
  }

  /** Contacts by id, live, implicit and deleted ones: what is left of a deleted contact has the name "deleted". */
  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, ContactRow>> {
    return this.contacts.findMany(scope, ids.filter(isId));
  }

  /** Groups by id. */
  findGroups(scope: TenantScope, ids: readonly string[]): Promise<Map<string, GroupRow>> {
    return this.groups.findMany(scope, ids.filter(isId));
  }

  /** Nicknames by contact id, in the order in which they were given. */
  nicknamesOf(scope: TenantScope, contactIds: readonly string[]): Promise<Map<string, NicknameRow[]>> {
    return this.contacts.nicknamesOf(scope, contactIds);
  }

  /** Groups by contact id, in the order of their names. */
  groupsOf(scope: TenantScope, contactIds: readonly string[]): Promise<Map<string, GroupRow[]>> {
    return this.groups.groupsOf(scope, contactIds);
  }

  /** The ids, as given, that name no live contact of the tenant; at most 10,000 at once. */
  missingContacts(sql: Sql, scope: TenantScope, ids: readonly string[]): Promise<Set<string>> {
    return missing(ids, (candidates) => this.lookups.liveContacts(sql, scope, candidates));
  }

  /**
   * The ids, as given, that name no group of the tenant; at most 10,000 at once. When `sql` is a transaction, the groups
   * that were found cannot be deleted before it ends.
   */
  missingGroups(sql: Sql, scope: TenantScope, ids: readonly string[]): Promise<Set<string>> {
    return missing(ids, (candidates) => this.lookups.groups(sql, scope, candidates));
  }

  /** The live contact that has a number, by the key of `phoneMatchKey`; one that somebody named before an implicit one. */
  async findByPhone(sql: Sql, scope: TenantScope, key: string): Promise<ContactRow | null> {
    const id = (await this.lookups.findByPhoneKeys(sql, scope, [key])).get(key);
    return id === undefined ? null : this.contacts.findLive(scope, id);
  }

  /**
   * The live contact of each number, by its E.164; a number that nobody has gets an implicit contact. `tx` is a
   * transaction: two that need the same new number wait for each other, so that it gets one contact.
   */
  async ensureForPhones(
    tx: Sql,
    scope: TenantScope,
    phones: readonly { readonly e164: string; readonly key: string }[],
  ): Promise<Map<string, string>> {
    const byKey = new Map(phones.map(({ e164, key }) => [key, e164]));
    let found = await this.lookups.findByPhoneKeys(tx, scope, [...byKey.keys()]);
    if (found.size < byKey.size) {
      // In this order: whoever held the lock may have made the contacts meanwhile.
      [, found] = await Promise.all([
        this.lookups.lockImplicit(tx, scope),
        this.lookups.findByPhoneKeys(tx, scope, [...byKey.keys()]),
      ]);
      const created = [...byKey].filter(([key]) => !found.has(key)).map(([key, e164]) => implicitContact(e164, key));
      if (created.length > 0) await this.lookups.insertImplicit(tx, scope, created);
      for (const contact of created) found.set(contact.phone_key, contact.id);
    }
    return new Map(phones.flatMap(({ e164, key }) => (found.has(key) ? [[e164, found.get(key) as string]] : [])));
  }
}

function implicitContact(e164: string, key: string) {
  const search = searchText({ name: e164, phone: e164, phoneKey: key, email: null, city: null, nicknames: [] });
  return { id: newId(), name: e164, phone: e164, phone_key: key, search_text: search };
}

async function missing(
  ids: readonly string[],
  findExisting: (candidates: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<Set<string>> {
  const candidates = ids.filter(isId);
  const existing = candidates.length === 0 ? new Set<string>() : await findExisting(candidates);
  return new Set(ids.filter((id) => !existing.has(id.toLowerCase())));
}
