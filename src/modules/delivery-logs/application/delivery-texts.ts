import { Injectable } from '@nestjs/common';
import { chooseNickname } from '../../../core/templating/placeholder-values.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ContactsService } from '../../contacts/index.js';
import { MessagesService } from '../../messages/index.js';
import { SchedulesService } from '../../schedules/index.js';
import type { DeliveryRow } from './delivery-rows.js';
import { previewText, type PreviewContact } from './preview-text.js';

/** Nobody of whom anything is known, for what is left of an erased contact. */
const NOBODY: PreviewContact = {
  name: '',
  phone: null,
  email: null,
  city: null,
  attributes: {},
  nickname: null,
  isNameless: true,
};

/** The texts of deliveries that were not sent, as they would be sent now. */
@Injectable()
export class DeliveryTexts {
  constructor(
    private readonly schedules: SchedulesService,
    private readonly messages: MessagesService,
    private readonly contacts: ContactsService,
  ) {}

  /** By delivery, for many with four statements. */
  async ofUnsent(scope: TenantScope, rows: readonly DeliveryRow[]): Promise<Map<string, string>> {
    const contactIds = distinct(rows.map((row) => row.contactId));
    const [schedules, contacts, nicknames] = await Promise.all([
      this.schedules.findMany(scope, distinct(rows.map((row) => row.scheduleId))),
      this.contacts.findMany(scope, contactIds),
      this.contacts.nicknamesOf(scope, contactIds),
    ]);
    const messages = await this.messages.findMany(
      scope,
      distinct([...schedules.values()].map((schedule) => schedule.messageId)),
    );
    return new Map(
      rows.map((row) => {
        const schedule = schedules.get(row.scheduleId);
        const message = schedule && messages.get(schedule.messageId);
        if (!schedule || !message) throw new Error(`the delivery ${row.id} has lost its message`);
        const contact = contacts.get(row.contactId);
        const view: PreviewContact =
          !contact || contact.deletedAt !== null
            ? NOBODY
            : { ...contact, nickname: chooseNickname(nicknames.get(contact.id) ?? []), isNameless: contact.implicit };
        return [row.id, previewText(view, message, row.variation, schedule.useNicknames)];
      }),
    );
  }
}

/** Whether the row says what was sent, or is being sent. What waits for another attempt will be written anew. */
export function sentText({ state, content }: DeliveryRow): string | null {
  return state === 'pending' || state === 'claimed' ? null : content;
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
