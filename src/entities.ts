import { ChannelEntity } from './modules/channels/persistence/channel.entity.js';
import { ContactGroupEntity } from './modules/contacts/persistence/contact-group.entity.js';
import { ContactEntity } from './modules/contacts/persistence/contact.entity.js';
import { NicknameEntity } from './modules/contacts/persistence/nickname.entity.js';
import { DeliveryAttemptEntity } from './modules/delivery-logs/persistence/delivery-attempt.entity.js';
import { MessageEntity } from './modules/messages/persistence/message.entity.js';
import { ScheduleRunEntity } from './modules/schedules/persistence/schedule-run.entity.js';
import { ScheduleEntity } from './modules/schedules/persistence/schedule.entity.js';
import { ApiKeyEntity } from './modules/tenants/persistence/api-key.entity.js';
import { TenantEntity } from './modules/tenants/persistence/tenant.entity.js';

/** Every TypeORM entity, for ormconfig.ts alone. */
export const ENTITIES = [
  TenantEntity,
  ApiKeyEntity,
  ContactEntity,
  NicknameEntity,
  ContactGroupEntity,
  MessageEntity,
  ChannelEntity,
  DeliveryAttemptEntity,
  ScheduleEntity,
  ScheduleRunEntity,
] as const;
