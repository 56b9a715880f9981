import { newId } from '../../../platform/database/ids.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { ContactImportRepository, ImportMatch } from '../persistence/contact-import.repository.js';
import type { ParsedContact, RejectedLine } from './import/parsed-contact.js';
import { findLimitProblem, mergeContact, type Merge } from './merge-contact.js';

/** What an import will store. Group ids may be those of groups to make. */
export interface ImportPlan {
  readonly creations: readonly { readonly contact: ParsedContact; readonly groupIds: readonly string[] }[];
  readonly updates: readonly { readonly contactId: string; readonly merge: Extract<Merge, { kind: 'updated' }> }[];
  readonly newGroups: readonly { readonly id: string; readonly name: string }[];
  readonly unchanged: number;
  /**
   * Lines that mean the contact of an earlier line: they have no number and its e-mail address, or they match the same
   * stored contact.
   */
  readonly duplicates: number;
  /** Lines that could be read but not stored. */
  readonly rejected: readonly RejectedLine[];
}

/**
 * Compares the contacts of a file with what is stored, chunk by chunk, before anything is written: so a dry run and the
 * import itself come to the same numbers.
 */
export class ImportPlanner {
  private readonly creations: ImportPlan['creations'][number][] = [];
  private readonly updates: ImportPlan['updates'][number][] = [];
  private readonly newGroups = new Map<string, { readonly id: string; readonly name: string }>();
  private readonly groupIdByName = new Map<string, string>();
  /** Stored contacts that a line has matched already. */
  private readonly matched = new Set<string>();
  /** In lower case, of all lines so far. */
  private readonly emails = new Set<string>();
  private readonly rejected: RejectedLine[] = [];
  private unchanged = 0;
  private duplicates = 0;

  constructor(
    private readonly imports: ContactImportRepository,
    private readonly sql: Sql,
    private readonly scope: TenantScope,
    /** Everybody joins this group. */
    private readonly groupId: string | null,
    /** Whether what is matched may not change until the transaction ends. */
    private readonly isLocking: boolean,
  ) {}

  async add(chunk: readonly ParsedContact[]): Promise<void> {
    const contacts = chunk.filter((contact) => this.accepts(contact)).map(withComposedAccents);
    await this.learnGroups(contacts);
    const storedFor = await this.match(contacts);
    for (const contact of contacts) this.decide(contact, storedFor(contact));
  }

  plan(): ImportPlan {
    const { creations, updates, unchanged, duplicates, rejected } = this;
    return { creations, updates, newGroups: [...this.newGroups.values()], unchanged, duplicates, rejected };
  }

  private accepts(contact: ParsedContact): boolean {
    const reason = findLimitProblem(contact);
    if (reason !== null) {
      this.rejected.push({ line: contact.line, reason });
      return false;
    }
    const email = contact.email?.toLowerCase();
    if (email === undefined) return true;
    if (contact.phoneKey === null && this.emails.has(email)) {
      this.duplicates += 1;
      return false;
    }
    this.emails.add(email);
    return true;
  }

  /** A contact is known by its number, or by its e-mail address when the file has no number for it. */
  private async match(
    contacts: readonly ParsedContact[],
  ): Promise<(contact: ParsedContact) => ImportMatch | undefined> {
    const phoneKeys = contacts.flatMap(({ phoneKey }) => phoneKey ?? []);
    const emails = contacts.flatMap(({ phoneKey, email }) =>
      phoneKey === null && email !== null ? [email.toLowerCase()] : [],
    );
    const { imports, sql, scope, isLocking } = this;
    const byPhone = new Map<string | null, ImportMatch>();
    const byEmail = new Map<string | undefined, ImportMatch>();
    // Backwards, so that the first of several contacts with one key counts.
    const withPhones = phoneKeys.length > 0 ? await imports.matchPhoneKeys(sql, scope, phoneKeys, isLocking) : [];
    for (const row of withPhones.reverse()) byPhone.set(row.phoneKey, row);
    const withEmails = emails.length > 0 ? await imports.matchEmails(sql, scope, emails, isLocking) : [];
    for (const row of withEmails.reverse()) byEmail.set(row.email?.toLowerCase(), row);
    return ({ phoneKey, email }) =>
      phoneKey === null ? byEmail.get(email?.toLowerCase() ?? '') : byPhone.get(phoneKey);
  }

  private decide(contact: ParsedContact, stored: ImportMatch | undefined): void {
    const groupIds = this.groupsOf(contact);
    if (!stored) {
      this.creations.push({ contact, groupIds });
      return;
    }
    if (this.matched.has(stored.id)) {
      this.duplicates += 1;
      return;
    }
    this.matched.add(stored.id);
    const merge = mergeContact(stored, contact, groupIds);
    if (merge.kind === 'unchanged') this.unchanged += 1;
    else this.updates.push({ contactId: stored.id, merge });
  }

  /** Knows an id for every group that the contacts name. */
  private async learnGroups(contacts: readonly ParsedContact[]): Promise<void> {
    const unknown = [...new Set(contacts.flatMap(({ groups }) => groups))].filter(
      (name) => !this.groupIdByName.has(name),
    );
    if (unknown.length === 0) return;
    const found = await this.imports.findGroups(this.sql, this.scope, unknown);
    for (const name of unknown) this.groupIdByName.set(name, found.get(name) ?? this.newGroup(name));
  }

  private newGroup(name: string): string {
    const key = name.toLowerCase();
    const group = this.newGroups.get(key) ?? { id: newId(), name };
    this.newGroups.set(key, group);
    return group.id;
  }

  private groupsOf({ groups }: ParsedContact): string[] {
    const named = groups.flatMap((name) => this.groupIdByName.get(name) ?? []);
    return [...new Set(this.groupId === null ? named : [...named, this.groupId])];
  }
}

function withComposedAccents(contact: ParsedContact): ParsedContact {
  return {
    ...contact,
    name: contact.name.normalize('NFC'),
    city: contact.city?.normalize('NFC') ?? null,
    nickname: contact.nickname?.normalize('NFC') ?? null,
    groups: contact.groups.map((name) => name.normalize('NFC')),
  };
}
