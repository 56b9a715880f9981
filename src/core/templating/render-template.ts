import { err, ok, type Result } from '../values/result.js';
import type { Template, TemplateNode } from './parse-template.js';
import type { PlaceholderValues } from './placeholder-values.js';

/** A text that must not be sent, because something in it has no value. */
export interface IncompleteText {
  /**
   * The placeholders without a value, each once, in order of appearance; a malformed piece stands here as it was
   * written, with its braces.
   */
  readonly missing: readonly string[];
  /** The text with the missing ones left in braces: for a preview, never for a person. */
  readonly preview: string;
}

/**
 * The text for one contact, or what it lacks. A placeholder reads its value, else its fallback in the text, else its
 * substitute. Values are inserted as they are: braces in a value are text.
 */
export function renderTemplate(
  template: Template,
  { values, substitutes }: PlaceholderValues,
): Result<string, IncompleteText> {
  const missing = new Set<string>();
  const read = (node: TemplateNode): string => {
    if (node.kind === 'text') return node.text;
    if (node.kind === 'malformed') {
      missing.add(node.written);
      return node.written;
    }
    const text = values.get(node.name) ?? node.fallback ?? substitutes.get(node.name);
    if (text === undefined) missing.add(node.name);
    return text ?? `{${node.name}}`;
  };
  const text = template.map(read).join('');
  return missing.size === 0 ? ok(text) : err({ missing: [...missing], preview: text });
}
