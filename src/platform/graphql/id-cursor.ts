import { err, ok, type Result } from '../../core/values/result.js';
import { invalid, type Refusal } from '../../core/values/refusal.js';
import type { EpochMs } from '../../core/values/time.js';
import { isId } from '../database/ids.js';
import { decodeCursor, type CursorScope } from './pagination.js';

/** The id inside the cursor of a list that is sorted by id alone; null for the first page. */
export function idInCursor(
  scope: CursorScope,
  after: string | null | undefined,
  now: EpochMs,
): Result<string | null, Refusal> {
  const key = decodeCursor(scope, after, 1, now);
  if (!key.ok) return key;
  const id = key.value?.[0] ?? null;
  // Cursors are opaque but not signed: one that somebody made up must not reach the database as an id.
  if (id !== null && !isId(id)) {
    return err(invalid([{ field: 'after', message: 'is not a cursor of this list', rule: 'cursor.malformed' }]));
  }
  return ok(id);
}
