import { MessageKind } from '../../../core/gateway/message-gateway.js';
import {
  listPlaceholders,
  listProblems,
  parseTemplate,
  type TemplateProblem,
} from '../../../core/templating/parse-template.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { isStorable, isStorableJson } from '../../../core/values/storable.js';
import type { Violation } from '../../../core/values/violation.js';

/** How long and how many things of a message may be. Lengths count UTF-16 units. */
export const MESSAGE_LIMITS = {
  title: 200,
  text: 4_096,
  variations: 5,
  url: 2_048,
  templateName: 512,
  template: 20_000,
} as const;

/** A message as a client writes it; null counts as absent. */
export interface MessageInput {
  readonly title?: string | null | undefined;
  readonly content?: string | null | undefined;
  /** Default TEXT. */
  readonly type?: MessageKind | null | undefined;
  readonly variations?: readonly string[] | null | undefined;
  readonly attachmentUrl?: string | null | undefined;
  readonly attachmentType?: string | null | undefined;
  readonly template?: unknown;
}

/** A message that may be stored. */
export interface MessageDraft {
  readonly title: string;
  readonly content: string;
  readonly type: MessageKind;
  readonly variations: readonly string[];
  readonly attachmentUrl: string | null;
  readonly attachmentType: string | null;
  readonly template: Readonly<Record<string, unknown>> | null;
  /** Of the content and the variations, in order of first appearance. */
  readonly placeholders: readonly string[];
}

/** Types that are an attachment with a caption, and what its media type must begin with. */
const MEDIA_PREFIX: Readonly<Partial<Record<MessageKind, string>>> = { IMAGE: 'image/', AUDIO: 'audio/', DOCUMENT: '' };
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;
const LANGUAGE = /^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$/;

const PROBLEM: Readonly<Record<TemplateProblem, string>> = {
  unclosed: 'opens a placeholder that nothing closes; write {{ for a brace',
  empty: 'is a placeholder without a name; write {{ for a brace',
  badName: 'is not a placeholder’s name; write {{ for a brace',
};

/** The message as it is stored, or everything that is wrong with it, each by its path under `path`. */
export function checkMessage(input: MessageInput, path: string): Result<MessageDraft, readonly Violation[]> {
  const check = new MessageCheck(input, path);
  const type = input.type ?? MessageKind.TEXT;
  const title = check.title(input.title ?? '');
  const content = input.content ?? '';
  const variations = input.variations ?? [];
  check.content(content, type);
  check.variations(variations);
  const attachment = check.attachment(type);
  const template = check.template(type);
  if (check.violations.length > 0) return err(check.violations);
  const names = [content, ...variations].flatMap((text) => listPlaceholders(parseTemplate(text)));
  return ok({ title, content, type, variations, ...attachment, template, placeholders: [...new Set(names)] });
}

class MessageCheck {
  readonly violations: Violation[] = [];

  constructor(
    private readonly input: MessageInput,
    private readonly path: string,
  ) {}

  title(given: string): string {
    const title = given.normalize('NFC').trim();
    if (title === '' || title.length > MESSAGE_LIMITS.title) {
      this.refuse('title', 'length', `must have 1 to ${MESSAGE_LIMITS.title} characters`);
    } else if (!isStorable(title)) this.refuseCharacters('title');
    return title;
  }

  content(text: string, type: MessageKind): void {
    // A caption may be missing, and a provider's template has its text at the provider.
    if (type === MessageKind.TEXT || text !== '') this.text('content', text);
  }

  variations(given: readonly string[]): void {
    if (given.length > MESSAGE_LIMITS.variations) {
      this.refuse('variations', 'maxItems', `must have at most ${MESSAGE_LIMITS.variations} entries`);
    }
    given.forEach((text, index) => this.text(`variations.${index}`, text));
  }

  attachment(type: MessageKind): Pick<MessageDraft, 'attachmentUrl' | 'attachmentType'> {
    const attachmentUrl = this.input.attachmentUrl ?? null;
    const attachmentType = this.input.attachmentType ?? null;
    const prefix = MEDIA_PREFIX[type];
    if (prefix === undefined) {
      const message = `is not used by a ${type} message: choose IMAGE, DOCUMENT or AUDIO, or leave it out`;
      if (attachmentUrl !== null) this.refuse('attachmentUrl', 'notUsed', message);
      if (attachmentType !== null) this.refuse('attachmentType', 'notUsed', message);
      return { attachmentUrl: null, attachmentType: null };
    }
    if (attachmentUrl === null) this.refuse('attachmentUrl', 'required', `is needed for a message of type ${type}`);
    else if (!isWebAddress(attachmentUrl)) this.refuse('attachmentUrl', 'url', 'must be an http or https address');
    if (
      attachmentType !== null &&
      !(MEDIA_TYPE.test(attachmentType) && attachmentType.toLowerCase().startsWith(prefix))
    ) {
      this.refuse('attachmentType', 'mediaType', `must be a media type such as ${EXAMPLE[type] ?? 'application/pdf'}`);
    }
    return { attachmentUrl, attachmentType };
  }

  template(type: MessageKind): MessageDraft['template'] {
    const template = this.input.template ?? null;
    if (type !== MessageKind.TEMPLATE) {
      if (template !== null) this.refuse('template', 'notUsed', `is not used by a message of type ${type}`);
      return null;
    }
    if (typeof template !== 'object' || template === null || Array.isArray(template)) {
      this.refuse('template', 'required', 'must be an object { name, language, components } for a TEMPLATE message');
      return null;
    }
    const { name, language, components } = template as Record<string, unknown>;
    if (typeof name !== 'string' || name.trim() === '' || name.length > MESSAGE_LIMITS.templateName) {
      this.refuse('template.name', 'length', `must be a text of 1 to ${MESSAGE_LIMITS.templateName} characters`);
    }
    if (typeof language !== 'string' || !LANGUAGE.test(language)) {
      this.refuse('template.language', 'language', 'must be a language code such as pt_BR');
    }
    if (components !== undefined && components !== null && !Array.isArray(components)) {
      this.refuse('template.components', 'type', 'must be a list');
    }
    if (!isStorableJson(template)) this.refuseCharacters('template');
    else if (JSON.stringify(template).length > MESSAGE_LIMITS.template) {
      this.refuse('template', 'maxLength', `must have at most ${MESSAGE_LIMITS.template} characters as JSON`);
    }
    return template as Record<string, unknown>;
  }

  private text(field: string, text: string): void {
    if (text.trim() === '' || text.length > MESSAGE_LIMITS.text) {
      this.refuse(field, 'length', `must have 1 to ${MESSAGE_LIMITS.text} characters`);
    }
    if (!isStorable(text)) this.refuseCharacters(field);
    for (const { written, problem, position } of listProblems(parseTemplate(text))) {
      this.refuse(
        field,
        `placeholder.${problem}`,
        `${shortened(written)} at character ${position + 1} ${PROBLEM[problem]}`,
      );
    }
  }

  private refuseCharacters(field: string): void {
    this.refuse(field, 'characters', 'has a character that cannot be stored');
  }

  private refuse(field: string, rule: string, message: string): void {
    this.violations.push({ field: `${this.path}.${field}`, rule, message });
  }
}

const EXAMPLE: Readonly<Partial<Record<MessageKind, string>>> = { IMAGE: 'image/jpeg', AUDIO: 'audio/ogg' };

function isWebAddress(text: string): boolean {
  if (text.length > MESSAGE_LIMITS.url || !isStorable(text) || !URL.canParse(text)) return false;
  return ['http:', 'https:'].includes(new URL(text).protocol);
}

function shortened(written: string): string {
  return written.length > 40 ? `${written.slice(0, 40)}…` : written;
}
