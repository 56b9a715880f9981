/** What a contact is found by. */
export interface Searchable {
  readonly name: string;
  readonly phone: string | null;
  readonly phoneKey: string | null;
  readonly email: string | null;
  readonly city: string | null;
  readonly nicknames: readonly string[];
}

const ACCENTS = /\p{M}+/gu;
const NOT_DIGITS = /\D+/g;
const LIKE_SPECIAL = /[\\%_]/g;

/** A search for part of a number, however it is punctuated. */
const PHONE_LIKE = /^\+?[\d\s().-]+$/;

/** Lower case without accents: "São João" and "sao joao" are the same to a search. */
export function foldText(text: string): string {
  return text.normalize('NFD').replace(ACCENTS, '').toLowerCase();
}

/**
 * The text that searches look into: one line for each thing that a contact is found by. The number stands there in both
 * of its spellings, as digits, so that it is found with and without the Brazilian ninth digit.
 */
export function searchText(contact: Searchable): string {
  const digits = new Set([contact.phone, contact.phoneKey].map((number) => (number ?? '').replace(NOT_DIGITS, '')));
  const parts = [contact.name, ...contact.nicknames, contact.email ?? '', contact.city ?? '', ...digits];
  return foldText(parts.filter((part) => part !== '').join('\n'));
}

/**
 * LIKE patterns for {@link searchText}, any of which must match; undefined when the search is blank and restricts
 * nothing. Wildcards that a person types are ordinary characters.
 */
export function searchPatterns(search: string | null | undefined): string[] | undefined {
  const term = foldText(search ?? '').trim();
  if (term === '') return undefined;
  const digits = term.replace(NOT_DIGITS, '');
  const terms = PHONE_LIKE.test(term) && digits !== '' ? [...new Set([term, digits])] : [term];
  return terms.map((text) => `%${text.replace(LIKE_SPECIAL, '\\$&')}%`);
}
