import { Injectable } from '@nestjs/common';
import type { Tx } from '../../../platform/database/database.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ContactsService } from '../../contacts/index.js';
import { MaterialisingRepository, type MadeDelivery } from '../persistence/materialising.repository.js';
import type { RunKey } from '../persistence/run-key.js';
import { RunsRepository } from '../persistence/runs.repository.js';
import { RunFinisher } from './run-finisher.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';
import type { Recipients } from './send-recipients.js';

/** Makes the deliveries of a message that is sent at once. */
@Injectable()
export class SendOutbox {
  constructor(
    private readonly contacts: ContactsService,
    private readonly materialising: MaterialisingRepository,
    private readonly runs: RunsRepository,
    private readonly finisher: RunFinisher,
    private readonly announcements: ScheduleAnnouncements,
  ) {}

  /** The contacts to send to, in the order of the recipients, each once; a number that nobody has gets a contact. */
  async contactsOf(tx: Tx, scope: TenantScope, { contactIds, phones }: Recipients): Promise<string[]> {
    if (phones.length === 0) return [...new Set(contactIds.map((id) => id.toLowerCase()))];
    const byPhone = await this.contacts.ensureForPhones(tx, scope, phones);
    return [...new Set(phones.map((phone) => byPhone.get(phone.e164) as string))];
  }

  /** Makes the deliveries of a whole audience and opens the channel's lane; they rise in the order of the contacts. */
  async fill(tx: Tx, run: RunKey, channelId: string, contactIds: readonly string[]): Promise<MadeDelivery[]> {
    const made = await this.materialising.writeInOrder(tx, run, contactIds);
    const mayBeSent = made.some((delivery) => delivery.status === 'pending');
    if (mayBeSent) await this.materialising.wakeLane(tx, run.tenantId, channelId, null);
    return made;
  }

  /** Tells, after commit, that there is something to send. */
  announce(run: RunKey, channelId: string, made: readonly MadeDelivery[]): void {
    this.announcements.changed([{ ...run, version: 1 }]);
    this.announcements.made(run, channelId, made);
    this.announcements.workAvailable([channelId]);
    // When nobody can be sent anything, no dispatcher will ever touch the run.
    this.finisher.noteTouched([run.runId]);
  }

  /** The deliveries of a message that was sent before, in the order of its recipients. */
  deliveryIds(scope: TenantScope, scheduleId: string): Promise<string[]> {
    return this.runs.deliveryIds(scope, scheduleId);
  }
}
