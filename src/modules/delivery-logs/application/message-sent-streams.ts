import { Injectable } from '@nestjs/common';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { SchedulesService } from '../../schedules/index.js';
import { DeliveryUpdates, type DeliveryUpdate } from './delivery-updates.js';
import type { LiveStream, StreamGuard } from '../../../platform/events/live-stream.js';
import { toMessageSent, type MessageSentData } from './message-sent.js';

/** The flat events of a tenant's messages. */
@Injectable()
export class MessageSentStreams {
  constructor(
    private readonly updates: DeliveryUpdates,
    private readonly schedules: SchedulesService,
  ) {}

  open(scope: TenantScope, guard: StreamGuard): LiveStream<MessageSentData> {
    const updates = this.updates.open(scope, {}, guard);
    const next = async (): Promise<IteratorResult<MessageSentData>> => {
      for (;;) {
        const { done, value } = (await updates.next()) as IteratorResult<DeliveryUpdate, undefined>;
        if (done === true) return { done, value: undefined };
        const data = toMessageSent(value, await this.isSentNow(scope, value));
        if (data !== null) return { done: false, value: data };
      }
    };
    const ended: IteratorResult<MessageSentData> = { done: true, value: undefined };
    return {
      next,
      return: async () => {
        await updates.return();
        return ended;
      },
      throw: async (error?: unknown) => {
        await updates.throw(error);
        return ended;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Only of a delivery that was just made does it matter whether it goes at once. */
  private async isSentNow(scope: TenantScope, { row, previousStatus, status }: DeliveryUpdate): Promise<boolean> {
    if (previousStatus !== null || status !== 'PENDING') return false;
    const schedule = (await this.schedules.findMany(scope, [row.scheduleId])).get(row.scheduleId);
    return schedule?.type === 'IMMEDIATE';
  }
}
