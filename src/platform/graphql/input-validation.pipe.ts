import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { ClassConstructor } from 'class-transformer';
import { invalidInput } from './errors.js';
import { inputViolations } from './input-violations.js';

const BUILT_IN = new Set<unknown>([String, Boolean, Number, Array, Object, Date]);

/**
 * Refuses arguments of the wrong shape before a resolver sees them. An input class that implements `checkedByService`
 * (see {@link DeferredInput}) goes through unchecked: its service reports shape and meaning together.
 */
@Injectable()
export class InputValidationPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    if (metadata.type !== 'body') return value;
    const inputClass = metadata.metatype as (ClassConstructor<object> & { checkedByService?: boolean }) | undefined;
    if (inputClass?.checkedByService === true) return value;
    const checked = inputClass === undefined || BUILT_IN.has(inputClass) ? undefined : inputClass;
    const violations = inputViolations(metadata.data ?? '', value, checked);
    if (violations.length > 0) throw invalidInput(violations);
    return value;
  }
}
