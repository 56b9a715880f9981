/**
 * A text that is equal for inputs that mean the same: keys sorted, fields that are null or absent left out, instants in
 * UTC. Two requests with one idempotency key are compared by it. Arrays keep their order and their nulls.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner).filter(([, field]) => field !== null && field !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
