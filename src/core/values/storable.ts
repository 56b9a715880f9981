const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const NULS = /\0/g;

/** Deeper JSON is nobody's honest data, and reading it would overflow a stack, here or in the database. */
const MAX_DEPTH = 64;

/**
 * Whether a text can be stored as it is: PostgreSQL takes neither the NUL character in text and jsonb nor half of a
 * surrogate pair in jsonb (source: PostgreSQL documentation, "Character Types" and "JSON Types").
 */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !LONE_SURROGATE.test(text);
}

/** Whether a JSON value can be stored: every text and key inside it, and no more than 64 levels of nesting. */
export function isStorableJson(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === MAX_DEPTH) return false;
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorableJson(inner, depth + 1));
}

/**
 * A text from outside, made storable and at most `maxLength` UTF-16 units long: for answers of providers, which are kept
 * for the log and must not make the statement fail that stores many of them.
 */
export function toStorable(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(NULS, '').replace(LONE_SURROGATES, '\uFFFD');
}

/** A JSON value from outside, made storable: each text at most `maxLength` long, null for what is nested too deep. */
export function toStorableJson(value: unknown, maxLength: number, depth = 0): unknown {
  if (typeof value === 'string') return toStorable(value, maxLength);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return null;
  const inside = (inner: unknown) => toStorableJson(inner, maxLength, depth + 1);
  if (Array.isArray(value)) return value.map(inside);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [toStorable(key, maxLength), inside(inner)]));
}
