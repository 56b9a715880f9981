import type { ImportMatch } from '../persistence/contact-import.repository.js';
import { CONTACT_LIMITS } from './check-contact.js';
import type { Attributes } from './contact-rows.js';
import { searchText } from './contact-search.js';

/** A contact as a file tells it. */
export interface ImportedContact {
  readonly name: string;
  readonly phone: string | null;
  readonly phoneKey: string | null;
  readonly email: string | null;
  readonly city: string | null;
  readonly timeZone: string | null;
  readonly nickname: string | null;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A contact's columns after an import. */
export interface MergedColumns {
  readonly name: string;
  readonly email: string | null;
  readonly city: string | null;
  readonly timeZone: string | null;
  readonly attributes: Attributes;
  readonly searchText: string;
}

/**
 * What an import changes of a stored contact.
 * - unchanged: everything that the file tells is known.
 * - updated: `columns` to write (null when they stay), the nickname to add, and the groups to join.
 */
export type Merge =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'updated';
      readonly columns: MergedColumns | null;
      readonly nickname: { readonly nickname: string; readonly isDefault: boolean } | null;
      readonly groupIds: readonly string[];
    };

/**
 * Merges an imported contact into the stored one: what the file leaves empty stays, what differs is replaced, attributes
 * are added, a new nickname is added (the default one if it is the first), groups are joined and never left. A number
 * that matched stays as it is stored, and so does an e-mail address that differs in case alone.
 */
export function mergeContact(stored: ImportMatch, imported: ImportedContact, groupIds: readonly string[]): Merge {
  const fields = {
    name: imported.name,
    email: isSameText(stored.email, imported.email) ? stored.email : (imported.email ?? stored.email),
    city: imported.city ?? stored.city,
    timeZone: imported.timeZone ?? stored.timeZone,
    attributes: mergeAttributes(stored.attributes, imported.attributes),
  };
  const nickname = newNickname(stored.nicknames, imported.nickname);
  const joined = groupIds.filter((id) => !stored.groupIds.includes(id));
  const hasNewFields =
    // Whoever was only a number has a name now, and is listed from here on.
    stored.implicit ||
    fields.name !== stored.name ||
    fields.email !== stored.email ||
    fields.city !== stored.city ||
    fields.timeZone !== stored.timeZone ||
    fields.attributes !== stored.attributes;
  if (!hasNewFields && nickname === null && joined.length === 0) return { kind: 'unchanged' };
  const nicknames = nickname === null ? stored.nicknames : [...stored.nicknames, nickname];
  const { phone, phoneKey } = stored;
  const columns = { ...fields, searchText: searchText({ ...fields, phone, phoneKey, nicknames }) };
  return {
    kind: 'updated',
    columns: hasNewFields || nickname !== null ? columns : null,
    nickname: nickname === null ? null : { nickname, isDefault: stored.nicknames.length === 0 },
    groupIds: joined,
  };
}

/** Why a contact that a file tells cannot be stored although it could be read; null when it can. */
export function findLimitProblem(contact: ImportedContact): string | null {
  const values = Object.values(contact.attributes);
  const problems = [
    [contact.name.length > CONTACT_LIMITS.name, `name has more than ${CONTACT_LIMITS.name} characters`],
    [values.length > CONTACT_LIMITS.attributes, `has values in more than ${CONTACT_LIMITS.attributes} columns`],
    [
      Object.keys(contact.attributes).some((key) => key.length > CONTACT_LIMITS.attributeKey),
      `has a value in a column whose name has more than ${CONTACT_LIMITS.attributeKey} characters`,
    ],
    [
      values.some((value) => value.length > CONTACT_LIMITS.attributeValue),
      `has a value of more than ${CONTACT_LIMITS.attributeValue} characters`,
    ],
  ] as const;
  const found = problems.flatMap(([isBroken, problem]) => (isBroken ? [problem] : []));
  return found.length === 0 ? null : found.join('; ');
}

/** The stored object itself when nothing differs. A stored number or boolean is the same as its text in the file. */
function mergeAttributes(stored: Attributes, imported: Readonly<Record<string, string>>): Attributes {
  const changed = Object.entries(imported).filter(
    ([key, value]) => !Object.hasOwn(stored, key) || String(stored[key]) !== value,
  );
  return changed.length === 0 ? stored : { ...stored, ...Object.fromEntries(changed) };
}

function newNickname(stored: readonly string[], imported: string | null): string | null {
  if (imported === null || stored.length >= CONTACT_LIMITS.nicknames) return null;
  return stored.some((nickname) => isSameText(nickname, imported)) ? null : imported;
}

function isSameText(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a.toLowerCase() === b.toLowerCase();
}
