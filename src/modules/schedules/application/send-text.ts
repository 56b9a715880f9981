import { normalisedText } from '../../../core/scheduling/check-texts.js';
import type { Result } from '../../../core/values/result.js';
import type { Violation } from '../../../core/values/violation.js';
import { checkMessage, type MessageDraft } from '../../messages/index.js';

const NAME_LENGTH = 60;

/** What a schedule is called that was made from a text: its beginning, on one line. */
export function nameOfText(text: string): string {
  const line = normalisedText(text).replace(/\s+/g, ' ');
  // By code points, so that no emoji is cut in half.
  return [...line].slice(0, NAME_LENGTH).join('') || '–';
}

/** The message of a bare text. What is wrong with it is wrong with `input.content`, whatever part of it that is. */
export function draftOfText(content: string): Result<MessageDraft, readonly Violation[]> {
  const checked = checkMessage({ title: nameOfText(content), content }, 'input');
  if (checked.ok) return checked;
  return { ok: false, error: checked.error.filter((violation) => violation.field === 'input.content') };
}
