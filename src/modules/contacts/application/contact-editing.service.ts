import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, notFound, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { isId, newId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { TenantsService } from '../../tenants/index.js';
import { ContactsRepository } from '../persistence/contacts.repository.js';
import { OptOutsRepository } from '../persistence/opt-outs.repository.js';
import { checkContact, type ContactChanges, type ContactInput, type ContactPhone } from './check-contact.js';
import type { ContactRow } from './contact-rows.js';
import { searchText } from './contact-search.js';
import { ContactsService } from './contacts.service.js';
import { idViolations } from './id-violations.js';

/** Creates, changes, deletes and opts out single contacts. */
@Injectable()
export class ContactEditingService {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsService,
    private readonly reading: ContactsService,
    private readonly contacts: ContactsRepository,
    private readonly optOuts: OptOutsRepository,
  ) {}

  /** `unreadable`: what is wrong with the input's scalars already; told together with everything else. */
  async create(
    scope: TenantScope,
    input: ContactInput,
    unreadable: readonly Violation[],
  ): Promise<Result<ContactRow, Refusal>> {
    const id = newId();
    return this.database.transaction(async (tx) => {
      const checked = await this.check(tx, scope, { ...input, name: input.name ?? null }, unreadable);
      if (!checked.ok) return checked;
      const {
        nicknames = [],
        groupIds = [],
        name = '',
        email = null,
        city = null,
        timeZone = null,
        attributes = {},
        phone = null,
      } = checked.value;
      const optedOutAt = await this.optOutOfNumber(tx, scope, phone, null);
      const columns = { name, ...phoneColumns(phone), email, city, timeZone, attributes, implicit: false, optedOutAt };
      const search = searchText({ ...columns, nicknames: nicknames.map((nickname) => nickname.nickname) });
      await this.contacts.insert(tx, scope, id, { ...columns, searchText: search });
      await this.storeParts(tx, scope, id, { nicknames, groupIds });
      return ok(await this.stored(tx, scope, id));
    });
  }

  /** An absent field stays as it is, null clears it; nicknames and groups are replaced. */
  async update(
    scope: TenantScope,
    id: string,
    input: ContactInput,
    unreadable: readonly Violation[],
  ): Promise<Result<ContactRow, Refusal>> {
    if (!isId(id)) return err(notFound('contact', id));
    return this.database.transaction(async (tx) => {
      const current = await this.contacts.lockLive(tx, scope, id);
      if (!current) return err(notFound('contact', id));
      const checked = await this.check(tx, scope, input, unreadable);
      if (!checked.ok) return checked;
      const { nicknames, groupIds, phone, ...fields } = checked.value;
      const next = {
        name: current.name,
        email: current.email,
        city: current.city,
        phone: current.phone,
        phoneKey: current.phoneKey,
        ...fields,
        ...(phone === undefined ? {} : phoneColumns(phone)),
        // Whoever gets a name is somebody now, and is listed.
        ...(fields.name === undefined ? {} : { implicit: false }),
      };
      const isRenumbered = next.phoneKey !== null && next.phoneKey !== current.phoneKey;
      const optedOutAt = isRenumbered
        ? await this.optOutOfNumber(tx, scope, phone ?? null, current.optedOutAt)
        : current.optedOutAt;
      const names = nicknames ?? (await this.contacts.nicknamesOf(scope, [id], tx)).get(id) ?? [];
      const search = searchText({ ...next, nicknames: names.map((nickname) => nickname.nickname) });
      await this.contacts.updateLive(tx, scope, id, { ...next, optedOutAt, searchText: search });
      await this.storeParts(tx, scope, id, { nicknames, groupIds });
      return ok(await this.stored(tx, scope, id));
    });
  }

  /** Erases the contact's personal data; what was logged about it keeps an empty reference. */
  async delete(scope: TenantScope, id: string): Promise<Result<true, Refusal>> {
    const isErased = isId(id) && (await this.database.transaction((tx) => this.contacts.eraseLive(tx, scope, id)));
    return isErased ? ok(true) : err(notFound('contact', id));
  }

  /** For every live contact of the tenant with the same number, and for those that get the number later. Idempotent. */
  async setOptOut(scope: TenantScope, id: string, optedOut: boolean): Promise<Result<ContactRow, Refusal>> {
    const contact = await this.reading.find(scope, id);
    if (!contact) return err(notFound('contact', id));
    await this.database.transaction(async (tx) => {
      const { phoneKey } = contact;
      if (phoneKey !== null) {
        await this.optOuts.lockNumber(tx, scope, phoneKey);
        if (optedOut) await this.optOuts.remember(tx, scope, phoneKey, contact.optedOutAt);
        else await this.optOuts.forget(tx, scope, phoneKey);
      }
      await this.optOuts.markContact(tx, scope, id, optedOut);
    });
    const changed = await this.reading.find(scope, id);
    return changed ? ok(changed) : err(notFound('contact', id));
  }

  private async check(
    tx: Tx,
    scope: TenantScope,
    input: ContactInput,
    unreadable: readonly Violation[],
  ): Promise<Result<ContactChanges, Refusal>> {
    const { defaultCountry } = await this.tenants.profile(scope);
    const { changes, violations } = checkContact(input, defaultCountry);
    const groupIds = changes.groupIds ?? [];
    const missing = await this.reading.missingGroups(tx, scope, groupIds);
    const all = [...unreadable, ...violations, ...idViolations('input.groupIds', groupIds, missing, 'group')];
    return all.length > 0 ? err(invalid(all)) : ok(changes);
  }

  /**
   * The opt-out of a contact that gets a number. A number that was opted out stays so whoever has it; and a person who
   * opted out before stays opted out under the new number.
   */
  private async optOutOfNumber(
    tx: Tx,
    scope: TenantScope,
    phone: ContactPhone | null,
    before: Date | null,
  ): Promise<Date | null> {
    if (phone === null) return before;
    await this.optOuts.lockNumber(tx, scope, phone.key);
    if (before !== null) await this.optOuts.remember(tx, scope, phone.key, before);
    return before ?? (await this.optOuts.find(tx, scope, phone.key));
  }

  private async storeParts(
    tx: Tx,
    scope: TenantScope,
    id: string,
    { nicknames, groupIds }: { [Part in 'nicknames' | 'groupIds']: ContactChanges[Part] | undefined },
  ): Promise<void> {
    if (nicknames)
      await this.contacts.replaceNicknames(
        tx,
        scope,
        id,
        nicknames.map((nickname) => ({ ...nickname, id: newId() })),
      );
    if (groupIds) await this.contacts.replaceGroups(tx, scope, id, groupIds);
  }

  private async stored(tx: Tx, scope: TenantScope, id: string): Promise<ContactRow> {
    const row = await this.contacts.lockLive(tx, scope, id);
    if (!row) throw new Error('a contact that was just stored cannot be read');
    return row;
  }
}

function phoneColumns(phone: ContactPhone | null): Pick<ContactRow, 'phone' | 'phoneKey'> {
  return { phone: phone?.e164 ?? null, phoneKey: phone?.key ?? null };
}
