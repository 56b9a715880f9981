import { InvalidScalar } from '../../../platform/graphql/scalars.js';

/**
 * The input without the values that their scalar could not read: those are violations already, and absent from here on.
 * In a list they become undefined, so that the others keep their place.
 */
export function readableInput<T extends object>(input: T): T {
  return readable(input) as T;
}

function readable(value: unknown): unknown {
  if (value instanceof InvalidScalar) return undefined;
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, readable(inner)]));
}
