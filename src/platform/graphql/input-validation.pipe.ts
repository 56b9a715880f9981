import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { ClassConstructor } from 'class-transformer';
import { invalidInput } from './errors.js';
import { inputViolations } from './input-violations.js';

interface InputClass extends ClassConstructor<object> {
  readonly checkedByService?: boolean;
  /** By argument, what an explicit null stands for: the default, as when the argument is left out. */
  readonly nullMeans?: Readonly<Record<string, unknown>>;
}

const BUILT_IN = new Set<unknown>([String, Boolean, Number, Array, Object, Date]);

/**
 * Refuses arguments of the wrong shape before a resolver sees them. An input class that implements `checkedByService`
 * (see {@link DeferredInput}) goes through unchecked: its service reports shape and meaning together.
 */
@Injectable()
export class InputValidationPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    if (metadata.type !== 'body') return value;
    const inputClass = metadata.metatype as InputClass | undefined;
    if (inputClass?.checkedByService === true) return value;
    const checked = inputClass === undefined || BUILT_IN.has(inputClass) ? undefined : inputClass;
    const given = withDefaults(value, inputClass?.nullMeans);
    const violations = inputViolations(metadata.data ?? '', given, checked);
    if (violations.length > 0) throw invalidInput(violations);
    return given;
  }
}

function withDefaults(value: unknown, nullMeans: InputClass['nullMeans'] = {}): unknown {
  const nulls = Object.keys(nullMeans).filter((name) => (value as Record<string, unknown>)[name] === null);
  return nulls.length === 0
    ? value
    : { ...(value as object), ...Object.fromEntries(nulls.map((name) => [name, nullMeans[name]])) };
}
