import { applyDecorators } from '@nestjs/common';
import { IsOptional, Max, Min } from 'class-validator';

/** A year, the longest span that a schedule's seconds may name. */
const MAX_SECONDS = 31_536_000;

/** 0 to 10. */
export function IsPriority() {
  return within(0, 10);
}

/** A length of time in seconds, up to a year. */
export function IsSpan() {
  return within(1, MAX_SECONDS);
}

/** How many runs a schedule may have at most. */
export function IsRunLimit() {
  return within(1, 1_000_000_000);
}

function within(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return applyDecorators(IsOptional(), Min(min, { message }), Max(max, { message }));
}
