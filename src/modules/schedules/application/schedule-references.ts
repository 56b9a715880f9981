import { Injectable } from '@nestjs/common';
import type { Violation } from '../../../core/values/violation.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { GatewayRegistry } from '../../../platform/gateways/gateway-registry.js';
import { ChannelsService, type ChannelRow } from '../../channels/index.js';
import { ContactsService } from '../../contacts/index.js';
import { MESSAGE_STATUS, MessagesService, type MessageRow, type MessageStatus } from '../../messages/index.js';
import { TenantsService, type TenantProfile } from '../../tenants/index.js';

/** What an id led to, or why it did not. */
export interface Reference<T> {
  readonly value: T | null;
  readonly violations: readonly Violation[];
}

/** What a schedule refers to, as far as it exists in the tenant. An id of another tenant does not exist. */
@Injectable()
export class ScheduleReferences {
  constructor(
    private readonly tenants: TenantsService,
    private readonly contacts: ContactsService,
    private readonly messages: MessagesService,
    private readonly channels: ChannelsService,
    private readonly gateways: GatewayRegistry,
  ) {}

  profile(scope: TenantScope): Promise<TenantProfile> {
    return this.tenants.profile(scope);
  }

  /** The channel of this id; without one the tenant's only channel. */
  async channel(scope: TenantScope, id: string | null): Promise<Reference<ChannelRow>> {
    const channel = id === null ? await this.channels.defaultChannel(scope) : await this.channels.find(scope, id);
    if (channel) return { value: channel, violations: [] };
    if (id !== null) return { value: null, violations: [channelGone()] };
    const message = 'is needed: there is no channel, or more than one to choose from';
    return { value: null, violations: [{ field: 'input.channelId', message, rule: 'required' }] };
  }

  /** Whether messages of the channel may go into conversations. */
  carriesConversations({ gateway }: Pick<ChannelRow, 'gateway'>): boolean {
    return this.gateways.of(gateway).carriesConversations ?? false;
  }

  /** Keeps the channel from being deleted until the transaction ends; violations when it has been deleted meanwhile. */
  async keepChannel(tx: Sql, scope: TenantScope, id: string): Promise<Violation[]> {
    return (await this.channels.keepLive(tx, scope, id)) ? [] : [channelGone()];
  }

  /** A message that may be used for something new. */
  message(scope: TenantScope, id: string): Promise<Reference<MessageRow>> {
    return this.usableMessage(scope, id, [MESSAGE_STATUS.ACTIVE], 'only an ACTIVE one can be scheduled');
  }

  /** A message that may be tried out: also one that nobody may schedule yet. */
  messageToTest(scope: TenantScope, id: string): Promise<Reference<MessageRow>> {
    const { DRAFT, ACTIVE, PAUSED } = MESSAGE_STATUS;
    return this.usableMessage(scope, id, [DRAFT, ACTIVE, PAUSED], 'it cannot be tested any more');
  }

  /** The message of a schedule, whatever its state. */
  async storedMessage(scope: TenantScope, id: string): Promise<MessageRow> {
    const message = await this.messages.find(scope, id);
    if (!message) throw new Error(`the message ${id} of a schedule is missing`);
    return message;
  }

  /** A violation for each id that names no live contact. */
  async contactViolations(
    sql: Sql,
    scope: TenantScope,
    field: string,
    contactIds: readonly string[],
  ): Promise<Violation[]> {
    if (contactIds.length === 0) return [];
    const missing = await this.contacts.missingContacts(sql, scope, contactIds);
    return idViolations(field, contactIds, missing, 'contact');
  }

  /** A violation for each id that names no group; in a transaction the others cannot be deleted before it ends. */
  async groupViolations(sql: Sql, scope: TenantScope, groupIds: readonly string[]): Promise<Violation[]> {
    if (groupIds.length === 0) return [];
    const missing = await this.contacts.missingGroups(sql, scope, groupIds);
    return idViolations('input.targetGroupIds', groupIds, missing, 'contact group');
  }

  private async usableMessage(
    scope: TenantScope,
    id: string,
    usable: readonly MessageStatus[],
    otherwise: string,
  ): Promise<Reference<MessageRow>> {
    const field = 'input.messageId';
    const message = await this.messages.find(scope, id);
    if (!message) {
      return { value: null, violations: [{ field, message: 'there is no message with this id', rule: 'exists' }] };
    }
    if (usable.includes(message.status)) return { value: message, violations: [] };
    const reason = `the message is ${message.status}; ${otherwise}`;
    return { value: null, violations: [{ field, message: reason, rule: 'status' }] };
  }
}

function channelGone(): Violation {
  return { field: 'input.channelId', message: 'there is no channel with this id', rule: 'exists' };
}

function idViolations(field: string, ids: readonly string[], missing: ReadonlySet<string>, what: string): Violation[] {
  return ids.flatMap((id, index) =>
    missing.has(id)
      ? [{ field: `${field}.${index}`, message: `there is no ${what} with this id`, rule: 'exists' }]
      : [],
  );
}
