import { containsPattern, foldText } from '../../../core/values/search.js';

/** What a contact is found by. */
export interface Searchable {
  readonly name: string;
  readonly phone: string | null;
  readonly phoneKey: string | null;
  readonly email: string | null;
  readonly city: string | null;
  readonly nicknames: readonly string[];
}

const NOT_DIGITS = /\D+/g;

/** A search for part of a number, however it is punctuated. */
const PHONE_LIKE = /^\+?[\d\s().-]+$/;

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
  const typed = (search ?? '').trim();
  const pattern = containsPattern(typed);
  if (pattern === undefined) return undefined;
  const digits = PHONE_LIKE.test(typed) ? containsPattern(typed.replace(NOT_DIGITS, '')) : undefined;
  return digits === undefined || digits === pattern ? [pattern] : [pattern, digits];
}
