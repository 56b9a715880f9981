import { v7 } from 'uuid';

/** A new UUIDv7: rows made later sort later, so that new index entries go to one end of the index. */
export function newId(): string {
  return v7();
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the text can be an id at all; one that cannot is simply not found, never a database error. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
