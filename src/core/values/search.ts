const ACCENTS = /\p{M}+/gu;
const LIKE_SPECIAL = /[\\%_]/g;

/** Lower case without accents: "São João" and "sao joao" are the same to a search. */
export function foldText(text: string): string {
  return text.normalize('NFD').replace(ACCENTS, '').toLowerCase();
}

/**
 * An SQL LIKE pattern that finds a person's search inside folded text; undefined when the search is blank and restricts
 * nothing. Wildcards in the search are ordinary characters.
 */
export function containsPattern(search: string | null | undefined): string | undefined {
  const term = foldText(search ?? '').trim();
  return term === '' ? undefined : `%${term.replace(LIKE_SPECIAL, '\\$&')}%`;
}
