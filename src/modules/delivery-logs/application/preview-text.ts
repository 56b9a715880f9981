import { parseTemplate, type TemplateNode } from '../../../core/templating/parse-template.js';
import { placeholderValues, type ContactView } from '../../../core/templating/placeholder-values.js';
import { renderTemplate } from '../../../core/templating/render-template.js';

/** Whom a text is written for. */
export interface PreviewContact extends ContactView {
  /** Nothing is known but a number, or no longer anything at all: there is no name to read. */
  readonly isNameless: boolean;
}

/** The texts to choose from. */
export interface PreviewMessage {
  readonly content: string;
  readonly variations: readonly string[];
}

/**
 * The text as it would be sent now. What has no value stands as "[nome?]": such a text is not sent, and with braces it
 * would look like one that was. Never throws, whatever the text.
 */
export function previewText(
  contact: PreviewContact,
  message: PreviewMessage,
  variation: number | null,
  useNicknames: boolean,
): string {
  const count = message.variations.length;
  const source = count === 0 ? message.content : (message.variations[(variation ?? 0) % count] ?? message.content);
  const template = parseTemplate(source);
  const values = placeholderValues(contact.isNameless ? { ...contact, name: '' } : contact, useNicknames);
  const rendered = renderTemplate(template, values);
  if (rendered.ok) return rendered.value;
  const missing = new Set(rendered.error.missing);
  const marked = template.map((node): TemplateNode => {
    if (node.kind === 'malformed') return { kind: 'text', text: `[${node.written.replace(/[{}]/g, '')}?]` };
    return node.kind === 'placeholder' && node.fallback === null && missing.has(node.name)
      ? { kind: 'text', text: `[${node.name}?]` }
      : node;
  });
  const complete = renderTemplate(marked, values);
  return complete.ok ? complete.value : complete.error.preview;
}
