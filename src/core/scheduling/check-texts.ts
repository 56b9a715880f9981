import { isStorable } from '../values/storable.js';
import type { Violation } from '../values/violation.js';

/** How long the texts of a schedule may be, in UTF-16 units. */
export const TEXT_LIMITS = {
  name: 200,
  description: 2_000,
  clientReference: 200,
  clientMessageId: 200,
  conversationId: 200,
} as const;

/** A name as it is stored: without blanks around it and with composed accents. */
export function normalisedText(text: string): string {
  return text.normalize('NFC').trim();
}

/** A text that must say something: 1 to `limit` characters besides blanks around it, and none that cannot be stored. */
export function checkRequiredText(field: string, text: string, limit: number): Violation[] {
  if (text.trim() === '') return [{ field, message: `must have 1 to ${limit} characters`, rule: 'required' }];
  return checkText(field, text, limit);
}

/** A text of at most `limit` characters, possibly none, that can be stored. */
export function checkText(field: string, text: string, limit: number): Violation[] {
  const violations: Violation[] = [];
  if (text.trim().length > limit) {
    violations.push({ field, message: `must have at most ${limit} characters`, rule: 'maxLength' });
  }
  if (!isStorable(text))
    violations.push({ field, message: 'has a character that cannot be stored', rule: 'characters' });
  return violations;
}
