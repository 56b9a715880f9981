import { Injectable } from '@nestjs/common';
import { writeText, type Texts } from '../../../core/dispatch/write-text.js';
import type { TextsInSight } from '../../../core/planning/preview-warnings.js';
import { chooseNickname } from '../../../core/templating/placeholder-values.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ContactsService } from '../../contacts/index.js';

/** Whom a text is for, and which variation of it. */
export interface TextToShow {
  readonly contactId: string;
  readonly variation: number | null;
}

/** What a contact would read. */
export interface ShownText {
  readonly variation: number | null;
  /** What is missing stands in braces. */
  readonly text: string;
  readonly missing: readonly string[];
}

/** Texts are written in parts, so that nobody else waits for many of them. */
const PART = 500;

/** Writes the texts of a plan as they would be sent now. */
@Injectable()
export class TextPreview {
  constructor(private readonly contacts: ContactsService) {}

  /** The texts in the order asked for; a contact that is gone has none. */
  async write(
    scope: TenantScope,
    message: Texts,
    useNicknames: boolean,
    wanted: readonly TextToShow[],
  ): Promise<ShownText[]> {
    const ids = wanted.map(({ contactId }) => contactId);
    const [contacts, nicknames] = await Promise.all([
      this.contacts.findMany(scope, ids),
      this.contacts.nicknamesOf(scope, ids),
    ]);
    return wanted.map(({ contactId, variation }) => {
      const contact = contacts.get(contactId);
      if (!contact) return { variation, text: '', missing: [] };
      const nickname = chooseNickname(nicknames.get(contactId) ?? []);
      const written = writeText({ ...contact, nickname }, message, variation, useNicknames);
      const { text } = written;
      const [shown, missing] = text.ok ? [text.value, []] : [text.error.preview, text.error.missing];
      return { variation: written.variation, text: shown, missing };
    });
  }

  /** What many texts have in common, and what they lack. */
  async survey(
    scope: TenantScope,
    message: Texts,
    useNicknames: boolean,
    wanted: readonly TextToShow[],
  ): Promise<TextsInSight> {
    const counts = new Map<string, number>();
    const missing = new Map<string, number>();
    for (let at = 0; at < wanted.length; at += PART) {
      const shown = await this.write(scope, message, useNicknames, wanted.slice(at, at + PART));
      for (const { text, missing: names } of shown) {
        counts.set(text, (counts.get(text) ?? 0) + 1);
        for (const name of names) missing.set(name, (missing.get(name) ?? 0) + 1);
      }
    }
    return { rendered: wanted.length, mostFrequent: Math.max(0, ...counts.values()), missing };
  }
}
