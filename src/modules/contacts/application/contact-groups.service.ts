import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../../core/values/result.js';
import { conflict, invalid, notFound, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { Clock } from '../../../platform/clock/clock.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { isId, newId } from '../../../platform/database/ids.js';
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
import { checkName } from './check-contact.js';
import type { ContactRow, GroupRow } from './contact-rows.js';
import { ContactsService } from './contacts.service.js';

import { idViolations } from './id-violations.js';

/** How many contacts one call may name. */
const MAX_CONTACTS = 10_000;

/** Groups of contacts and who belongs to them. */
@Injectable()
export class ContactGroupsService {
  constructor(
    private readonly database: Database,
    private readonly groups: ContactGroupsRepository,
    private readonly contacts: ContactsService,
    private readonly clock: Clock,
  ) {}

  /** All groups, the newest last. */
  async list(scope: TenantScope, page: PageRequest): Promise<Result<Page<GroupRow>, Refusal>> {
    const cursorScope: CursorScope = { list: 'contact-groups' };
    const after = idInCursor(cursorScope, page.after, this.clock.nowMs());
    if (!after.ok) return after;
    const rows = await this.groups.list(scope, after.value, page.first + 1);
    const cursorOf = (row: GroupRow) => encodeCursor(cursorScope, [row.id], this.clock.nowMs());
    return ok(toPage(rows, page, cursorOf, () => this.groups.count(scope)));
  }

  /** How many live contacts each group has; a group without any is left out. */
  memberCounts(scope: TenantScope, groupIds: readonly string[]): Promise<Map<string, number>> {
    return this.groups.memberCounts(scope, groupIds);
  }

  /** The contact after which a page of a group's members starts; null for the first page. */
  membersAfter(groupId: string, page: PageRequest): Result<string | null, Refusal> {
    return idInCursor(membersCursor(groupId), page.after, this.clock.nowMs());
  }

  /** One page of live members for each group, with one statement; `afterId` comes from {@link membersAfter}. */
  async members(
    scope: TenantScope,
    groupIds: readonly string[],
    afterId: string | null,
    first: number,
  ): Promise<Map<string, Omit<Page<ContactRow>, 'count'>>> {
    const rows = await this.groups.members(scope, groupIds, afterId, first + 1);
    return new Map(
      groupIds.map((groupId) => {
        const cursorOf = (row: ContactRow) => encodeCursor(membersCursor(groupId), [row.id], this.clock.nowMs());
        return [groupId, toPage(rows.get(groupId) ?? [], { first }, cursorOf, () => Promise.resolve(0))];
      }),
    );
  }

  /** A group of a name that no group of the tenant has, ignoring case. */
  async create(
    scope: TenantScope,
    nameAsTyped: string,
    contactIds: readonly string[],
  ): Promise<Result<GroupRow, Refusal>> {
    const { name, violations } = checkName('name', nameAsTyped);
    const id = newId();
    const outcome = await this.database.transaction(async (tx): Promise<Result<null, Refusal>> => {
      const all = [...violations, ...(await this.contactViolations(tx, scope, contactIds))];
      if (all.length > 0) return err(invalid(all));
      const existing = await this.groups.insertUnlessNamed(tx, scope, id, name);
      if (existing) return err(conflict(`There is a group of this name already.`, { id: existing.id }));
      await this.groups.addMembers(tx, scope, id, contactIds);
      return ok(null);
    });
    return outcome.ok ? this.stored(scope, id) : outcome;
  }

  /** Contacts that are members already stay so. */
  add(scope: TenantScope, groupId: string, contactIds: readonly string[]): Promise<Result<GroupRow, Refusal>> {
    return this.changeMembers(scope, groupId, contactIds, (tx) =>
      this.groups.addMembers(tx, scope, groupId, contactIds),
    );
  }

  /** Contacts that are no members are left alone. */
  remove(scope: TenantScope, groupId: string, contactIds: readonly string[]): Promise<Result<GroupRow, Refusal>> {
    return this.changeMembers(scope, groupId, contactIds, (tx) =>
      this.groups.removeMembers(tx, scope, groupId, contactIds),
    );
  }

  /** The members stay contacts. */
  async delete(scope: TenantScope, id: string): Promise<Result<true, Refusal>> {
    const isDeleted = isId(id) && (await this.groups.delete(scope, id));
    return isDeleted ? ok(true) : err(notFound('contact group', id));
  }

  private async changeMembers(
    scope: TenantScope,
    groupId: string,
    contactIds: readonly string[],
    change: (tx: Tx) => Promise<void>,
  ): Promise<Result<GroupRow, Refusal>> {
    const outcome = await this.database.transaction(async (tx): Promise<Result<null, Refusal>> => {
      const missing = await this.contacts.missingGroups(tx, scope, [groupId]);
      if (missing.size > 0) return err(notFound('contact group', groupId));
      const violations = await this.contactViolations(tx, scope, contactIds);
      if (violations.length > 0) return err(invalid(violations));
      await change(tx);
      return ok(null);
    });
    return outcome.ok ? this.stored(scope, groupId) : outcome;
  }

  private async contactViolations(tx: Tx, scope: TenantScope, contactIds: readonly string[]): Promise<Violation[]> {
    if (contactIds.length > MAX_CONTACTS) {
      return [{ field: 'contactIds', message: `must have at most ${MAX_CONTACTS} entries`, rule: 'maxItems' }];
    }
    const missing = await this.contacts.missingContacts(tx, scope, contactIds);
    return idViolations('contactIds', contactIds, missing, 'contact');
  }

  private async stored(scope: TenantScope, id: string): Promise<Result<GroupRow, Refusal>> {
    const group = await this.groups.find(scope, id);
    // Somebody may delete the group right after it was changed.
    return group ? ok(group) : err(notFound('contact group', id));
  }
}

function membersCursor(groupId: string): CursorScope {
  return { list: 'group-members', filter: { groupId } };
}
