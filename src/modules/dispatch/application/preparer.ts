import { Injectable } from '@nestjs/common';
import { decideSend } from '../../../core/dispatch/decide-send.js';
import type { Facts } from '../persistence/facts.repository.js';
import type { ClaimedOutcome, Release } from '../persistence/outcomes.repository.js';
import type { ClaimedDelivery, PreparedDelivery } from '../dispatch-types.js';

/** A paused message is looked at again after this long. */
const HOLD_MS = 60_000;

/** What a claimed batch comes to. */
export interface Prepared {
  readonly ready: readonly PreparedDelivery[];
  readonly finished: readonly ClaimedOutcome[];
  readonly released: readonly Release[];
}

/** Writes the texts of a claimed batch. */
@Injectable()
export class Preparer {
  prepare(batch: readonly ClaimedDelivery[], { schedules, recipients }: Facts): Prepared {
    const ready: PreparedDelivery[] = [];
    const finished: ClaimedOutcome[] = [];
    const released: Release[] = [];
    for (const delivery of batch) {
      const schedule = schedules.get(delivery.scheduleId);
      const recipient = recipients.get(delivery.contactId);
      if (!schedule || !recipient) {
        // They are never removed, only marked; should it happen all the same, the rest of the batch goes on.
        finished.push({
          ...held(delivery),
          doubted: delivery.doubted,
          status: 'failed',
          errorCode: 'NOTHING_TO_SEND',
          errorMessage: 'Its contact or its schedule is gone.',
        });
        continue;
      }
      const decision = decideSend(recipient, schedule, delivery.variation, schedule.useNicknames);
      switch (decision.kind) {
        case 'send':
          ready.push({
            ...delivery,
            command: {
              deliveryId: delivery.deliveryId,
              tenantId: delivery.tenantId,
              channelId: delivery.channelId,
              to: decision.to,
              contactName: recipient.name,
              type: schedule.type,
              text: decision.text,
              attachmentUrl: schedule.attachmentUrl,
              attachmentType: schedule.attachmentType,
              template: schedule.template,
              clientMessageId: delivery.clientMessageId,
            },
            variationUsed: decision.variation,
            nicknameUsed: decision.nicknameUsed,
            retryPolicy: schedule.retryPolicy,
          });
          break;
        case 'suppress':
          finished.push({
            ...held(delivery),
            doubted: delivery.doubted,
            status: 'suppressed',
            errorCode: decision.code,
            errorMessage: decision.message,
          });
          break;
        case 'fail':
          finished.push({
            ...held(delivery),
            doubted: delivery.doubted,
            status: 'failed',
            errorCode: decision.code,
            errorMessage: decision.message,
          });
          break;
        case 'hold':
          released.push({ ...held(delivery), delay: HOLD_MS });
          break;
      }
    }
    return { ready, finished, released };
  }
}

function held({ tenantId, deliveryId, token }: ClaimedDelivery) {
  return { tenantId, deliveryId, token };
}
