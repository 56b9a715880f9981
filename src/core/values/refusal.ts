import type { Violation } from './violation.js';

/**
 * Why an operation was not done, as an answer that the caller can act on. Nothing has been changed when one is returned.
 * - invalid: the input breaks rules; all of them are listed.
 * - notFound: there is no such thing in this tenant (also when it exists in another).
 * - conflict: the present state forbids it; `current` tells the state that did.
 * - rateLimited: too much at once; `retryAtMs` is the earliest time to ask again.
 */
export type Refusal =
  | { readonly kind: 'invalid'; readonly violations: readonly Violation[] }
  | { readonly kind: 'notFound'; readonly what: string; readonly id: string }
  | { readonly kind: 'conflict'; readonly message: string; readonly current: Readonly<Record<string, unknown>> }
  | { readonly kind: 'rateLimited'; readonly retryAtMs: number };

/** A refusal for input that breaks rules. */
export function invalid(violations: readonly Violation[]): Refusal {
  return { kind: 'invalid', violations };
}

/** A refusal for an id that names nothing in this tenant. */
export function notFound(what: string, id: string): Refusal {
  return { kind: 'notFound', what, id };
}

/** A refusal because of the present state. */
export function conflict(message: string, current: Readonly<Record<string, unknown>>): Refusal {
  return { kind: 'conflict', message, current };
}
