import type { Violation } from '../../../core/values/violation.js';

/** A violation for each id of a list that names nothing in this tenant. */
export function idViolations(
  field: string,
  ids: readonly string[],
  missing: ReadonlySet<string>,
  what: string,
): Violation[] {
  return ids.flatMap((id, index) =>
    missing.has(id)
      ? [{ field: `${field}.${index}`, message: `there is no ${what} with this id`, rule: 'exists' }]
      : [],
  );
}
