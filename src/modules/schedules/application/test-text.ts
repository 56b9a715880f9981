import { describeMissing, writeText, type Addressee } from '../../../core/dispatch/write-text.js';
import { escapeTemplate } from '../../../core/templating/parse-template.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import type { Violation } from '../../../core/values/violation.js';
import type { MessageDraft } from '../../messages/index.js';
import { nameOfText } from './send-text.js';

/** What is tried out: a stored message or a draft. */
export type TestedMessage = Pick<
  MessageDraft,
  'content' | 'variations' | 'type' | 'attachmentUrl' | 'attachmentType' | 'template'
>;

/** Whose data a test shows. */
export type TestedContact = Addressee;

/** Which text of the message, and how. */
export interface TestChoice {
  /** Place among the variations, from 0. */
  readonly variation: number;
  readonly useNicknames: boolean;
  /** Where the contact comes from, for what is missing of it. */
  readonly contactField: string;
}

/**
 * The message with its text finished, as dispatch would write it now for the contact: its braces are text, so that
 * dispatch writes it the same again. Everything else stays as it is.
 */
export function finishText(
  message: TestedMessage,
  contact: TestedContact,
  { variation, useNicknames, contactField }: TestChoice,
): Result<MessageDraft, readonly Violation[]> {
  const unknown = checkVariation(message.variations.length, variation);
  if (unknown.length > 0) return err(unknown);
  const { text: written } = writeText(contact, message, variation, useNicknames);
  if (!written.ok) {
    const missing = describeMissing(written.error.missing);
    return err([{ field: contactField, message: missing, rule: 'placeholders.missing' }]);
  }
  const text = written.value;
  const { type, attachmentUrl, attachmentType, template } = message;
  const kept = { type, attachmentUrl, attachmentType, template };
  return ok({ ...kept, title: nameOfText(text), content: escapeTemplate(text), variations: [], placeholders: [] });
}

function checkVariation(count: number, variation: number): Violation[] {
  if (Number.isInteger(variation) && variation >= 0 && variation < Math.max(1, count)) return [];
  const there = count === 0 ? 'the message has no variations: leave it out' : `must be 0 to ${count - 1}`;
  return [{ field: 'input.variation', message: there, rule: 'exists' }];
}
