import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import type { Violation } from '../../core/values/violation.js';
import { InvalidScalar } from './scalars.js';

/**
 * Everything that is wrong with the shape of one argument: values that their scalar could not read, and broken
 * class-validator rules of `inputClass` and the classes inside it. `field` is the argument's name ("" for arguments that
 * are not inside an input object).
 */
export function inputViolations(field: string, value: unknown, inputClass?: ClassConstructor<object>): Violation[] {
  const unreadable = unreadableScalars(field, value);
  if (inputClass === undefined || typeof value !== 'object' || value === null) return unreadable;
  const instance = plainToInstance(inputClass, withoutUnreadable(value) as object, { exposeUnsetFields: false });
  const known = new Set(unreadable.map((violation) => violation.field));
  const errors = validateSync(instance, { stopAtFirstError: false, forbidUnknownValues: false });
  return [
    ...unreadable,
    ...errors.flatMap((error) => flatten(field, error)).filter((violation) => !known.has(violation.field)),
  ];
}

function unreadableScalars(field: string, value: unknown): Violation[] {
  if (value instanceof InvalidScalar) return [{ field, message: value.message, rule: value.rule }];
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([name, inner]) => unreadableScalars(join(field, name), inner));
}

function withoutUnreadable(value: unknown): unknown {
  if (value instanceof InvalidScalar) return undefined;
  if (Array.isArray(value)) return value.map(withoutUnreadable);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutUnreadable(inner)]));
}

function flatten(field: string, error: ValidationError): Violation[] {
  const place = join(field, error.property);
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ field: place, message, rule }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(place, child))];
}

function join(field: string, name: string): string {
  return field === '' ? name : `${field}.${name}`;
}
