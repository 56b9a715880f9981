import { Injectable } from '@nestjs/common';
import { parseTemplate } from '../../../core/templating/parse-template.js';
import {
  chooseNickname,
  placeholderValues,
  type PlaceholderValues,
} from '../../../core/templating/placeholder-values.js';
import { renderTemplate } from '../../../core/templating/render-template.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { notFound, type Refusal } from '../../../core/values/refusal.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ContactsService } from '../../contacts/index.js';
import { MessagesService } from './messages.service.js';

/** One text of a message as a contact would read it. */
export interface RenderedText {
  /** From 0. */
  readonly variation: number;
  /** Complete, or with a mark such as [nome?] where something is missing; with anything missing it would not be sent. */
  readonly text: string;
  readonly missingPlaceholders: readonly string[];
}

/** Shows messages as contacts would read them. */
@Injectable()
export class MessagePreviewService {
  constructor(
    private readonly messages: MessagesService,
    private readonly contacts: ContactsService,
  ) {}

  /** Each variation, or the content when there are none. */
  async render(
    scope: TenantScope,
    messageId: string,
    contactId: string,
    useNicknames: boolean,
  ): Promise<Result<readonly RenderedText[], Refusal>> {
    const message = await this.messages.find(scope, messageId);
    if (!message) return err(notFound('message', messageId));
    const contact = await this.contacts.find(scope, contactId);
    if (!contact) return err(notFound('contact', contactId));
    const nicknames = (await this.contacts.nicknamesOf(scope, [contact.id])).get(contact.id) ?? [];
    const values = placeholderValues({ ...contact, nickname: chooseNickname(nicknames) }, useNicknames);
    const texts = message.variations.length > 0 ? message.variations : [message.content];
    return ok(texts.map((text, variation) => ({ variation, ...preview(text, values) })));
  }
}

/** Braces around a missing name would look like the text itself, so it gets a mark of its own. */
function preview(text: string, values: PlaceholderValues): Pick<RenderedText, 'text' | 'missingPlaceholders'> {
  const template = parseTemplate(text);
  const rendered = renderTemplate(template, values);
  if (rendered.ok) return { text: rendered.value, missingPlaceholders: [] };
  const { missing, preview: withBraces } = rendered.error;
  const marks = missing.map((name): [string, string] => [name, `[${name}?]`]);
  const marked = renderTemplate(template, { ...values, substitutes: new Map([...values.substitutes, ...marks]) });
  // What is malformed cannot be marked; it is refused when a message is saved.
  return { text: marked.ok ? marked.value : withBraces, missingPlaceholders: missing };
}
