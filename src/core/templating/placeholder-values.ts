import { remembered } from '../values/remembered.js';
import { listPlaceholders, placeholderKey, type Template } from './parse-template.js';

/** What a message may say about a contact. */
export interface ContactView {
  readonly name: string;
  /** The number in E.164. */
  readonly phone: string | null;
  readonly email: string | null;
  readonly city: string | null;
  /** Free key/value pairs, of any JSON type. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The nickname to use, see {@link chooseNickname}. */
  readonly nickname: string | null;
}

/** The values for one contact, by the keys of `placeholderKey`. A value is never empty and never only spaces. */
export interface PlaceholderValues {
  readonly values: ReadonlyMap<string, string>;
  /** Used when a placeholder has neither a value nor a fallback in the text. */
  readonly substitutes: ReadonlyMap<string, string>;
}

const NAME = ['nome', 'name'] as const;
const NICKNAME = ['apelido', 'nickname'] as const;
const PHONE = ['telefone', 'phone'] as const;
const CITY = ['cidade', 'city'] as const;
const EMAIL = ['email'] as const;

/** Contacts of one tenant mostly have the same attributes. */
const keyOf = remembered(placeholderKey, 2_000);

/** The placeholders that every contact has, in Portuguese and English. No attribute replaces them. */
export const BUILT_IN_PLACEHOLDERS: ReadonlySet<string> = new Set([...NAME, ...NICKNAME, ...PHONE, ...CITY, ...EMAIL]);

/** The nickname to use: the default one, else the first that is not blank; null when there is none. */
export function chooseNickname(
  nicknames: readonly { readonly nickname: string; readonly isDefault: boolean }[],
): string | null {
  const usable = nicknames.filter(({ nickname }) => nickname.trim() !== '');
  return (usable.find(({ isDefault }) => isDefault) ?? usable[0])?.nickname ?? null;
}

/**
 * What the placeholders read for a contact.
 *
 * - {nome}, {name}: the nickname with `useNicknames` if there is one, otherwise the name.
 * - {apelido}, {nickname}: the nickname, also without `useNicknames`, because the text asks for it by its name. Without
 *   a nickname the text's own fallback comes first, and then the name.
 * - {telefone}, {cidade}, {email} and their English names: as stored.
 * - Any attribute by its key; of two keys with one spelling the first that is not blank counts. Numbers and booleans
 *   read as JSON writes them; lists and objects have no text and count as missing.
 *
 * A blank text, null and a missing key are all the same: no value.
 */
export function placeholderValues(contact: ContactView, useNicknames: boolean): PlaceholderValues {
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(contact.attributes)) {
    const name = keyOf(key);
    if (!BUILT_IN_PLACEHOLDERS.has(name) && !values.has(name)) put(values, [name], textOf(value));
  }
  put(values, NAME, (useNicknames ? contact.nickname?.trim() : '') || contact.name);
  put(values, NICKNAME, contact.nickname);
  put(values, PHONE, contact.phone);
  put(values, CITY, contact.city);
  put(values, EMAIL, contact.email);
  const substitutes = new Map<string, string>();
  put(substitutes, NICKNAME, contact.name);
  return { values, substitutes };
}

/** The nickname that the text really shows this contact, for the delivery log; null when it shows none. */
export function nicknameUsed(template: Template, contact: ContactView, useNicknames: boolean): string | null {
  const nickname = contact.nickname?.trim() ?? '';
  const readers: readonly string[] = useNicknames ? [...NAME, ...NICKNAME] : NICKNAME;
  return nickname !== '' && listPlaceholders(template).some((name) => readers.includes(name)) ? nickname : null;
}

function put(values: Map<string, string>, names: readonly string[], value: string | null): void {
  const text = value?.trim() ?? '';
  if (text === '') return;
  for (const name of names) values.set(name, text);
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
