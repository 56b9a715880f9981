import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import { ChannelsService, type ChannelRow } from '../../channels/index.js';
import { ContactsService, type ContactRow } from '../../contacts/index.js';
import { SchedulesService, type ScheduleRow } from '../../schedules/index.js';
import { SharedReader, type ReadMany } from './shared-reader.js';

/** What a delivery refers to, by kind. */
export interface Relations {
  readonly schedules: ReadMany<ScheduleRow>;
  readonly contacts: ReadMany<ContactRow>;
  readonly channels: ReadMany<ChannelRow>;
}

/** A name on a screen that follows a thousand deliveries may be a second old. */
const KEEP_MS = 1_000;

/** Reads what deliveries refer to. */
@Injectable()
export class DeliveryRelations {
  /** For queries: as it is now. */
  readonly present: Relations;
  /** For subscriptions: at most a second old, and read once for all subscribers. */
  readonly live: Relations;

  constructor(schedules: SchedulesService, contacts: ContactsService, channels: ChannelsService, clock: Clock) {
    this.present = {
      schedules: (scope, ids) => schedules.findMany(scope, ids),
      contacts: (scope, ids) => contacts.findMany(scope, ids),
      channels: (scope, ids) => channels.findMany(scope, ids),
    };
    const shared = <Row>(readMany: ReadMany<Row>): ReadMany<Row> => {
      const reader = new SharedReader(readMany, KEEP_MS, clock);
      return (scope, ids) => reader.read(scope, ids);
    };
    this.live = {
      schedules: shared(this.present.schedules),
      contacts: shared(this.present.contacts),
      channels: shared(this.present.channels),
    };
  }
}
