import { parseTemplate } from '../templating/parse-template.js';
import { nicknameUsed, placeholderValues, type ContactView } from '../templating/placeholder-values.js';
import { renderTemplate, type IncompleteText } from '../templating/render-template.js';
import { remembered } from '../values/remembered.js';
import type { Result } from '../values/result.js';

/** The texts of a message. */
export interface Texts {
  readonly content: string;
  readonly variations: readonly string[];
}

const templateOf = remembered(parseTemplate, 200);

/** Somebody to write to. */
export interface Addressee extends ContactView {
  /** Made from a bare number: its name is only that number, so a text that asks for the name has none to read. */
  readonly implicit: boolean;
}

/** What a contact would read. */
export interface WrittenText {
  /** Index into the variations that was really used; null when the message has none. */
  readonly variation: number | null;
  /** The text, or what it lacks. */
  readonly text: Result<string, IncompleteText>;
  readonly nicknameUsed: string | null;
}

/**
 * The text of a message for one contact: what a preview shows and what is sent.
 *
 * `variation` is the index that planning gave; when variations were taken away meanwhile it wraps around, so that no
 * delivery is without a text.
 */
export function writeText(
  addressee: Addressee,
  message: Texts,
  variation: number | null,
  useNicknames: boolean,
): WrittenText {
  const count = message.variations.length;
  const index = count === 0 ? null : (variation ?? 0) % count;
  const source = index === null ? message.content : (message.variations[index] ?? message.content);
  const template = templateOf(source);
  const named = addressee.implicit ? { ...addressee, name: '' } : addressee;
  return {
    variation: index,
    text: renderTemplate(template, placeholderValues(named, useNicknames)),
    nicknameUsed: nicknameUsed(template, named, useNicknames),
  };
}

/** Says which placeholders a contact has no value for; what could not be read stands as it was written. */
export function describeMissing(missing: readonly string[]): string {
  const names = missing.map((name) => (name.startsWith('{') ? name : `{${name}}`));
  return `The contact has no value for ${names.join(', ')}.`;
}
