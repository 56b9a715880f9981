import type { DeliveryState } from '../../../core/delivery/delivery-state.js';
import { projectReceipts, type DeliveryProgress } from '../../../core/delivery/project-receipts.js';
import type { StatusEventKind } from '../../../core/gateway/send-outcome.js';

/** A delivery as receipts find it. */
export interface DeliveryBefore {
  /** The queue's word while the delivery is live, otherwise the log's. */
  readonly state: DeliveryState;
  readonly sentAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly readAt: Date | null;
  readonly failedAt: Date | null;
  readonly gatewayMessageId: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** An event of a delivery, as its provider reported it. */
export interface ReceiptRow {
  readonly kind: StatusEventKind;
  readonly occurredAt: Date;
  readonly gatewayMessageId: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** What all receipts together make of a delivery; the code of a FAILED receipt is the delivery's while it is FAILED. */
export type DeliveryAfter = Omit<DeliveryBefore, 'state'> & { readonly state: DeliveryState };

/** The delivery after all of its receipts, or null when they change nothing. */
export function decideReceipts(before: DeliveryBefore, receipts: readonly ReceiptRow[]): DeliveryAfter | null {
  const after = projectReceipts(
    {
      state: before.state,
      sentAt: before.sentAt?.getTime() ?? null,
      deliveredAt: before.deliveredAt?.getTime() ?? null,
      readAt: before.readAt?.getTime() ?? null,
      failedAt: before.failedAt?.getTime() ?? null,
    },
    before.gatewayMessageId,
    receipts.map(({ kind, occurredAt, gatewayMessageId }) => ({
      kind,
      at: occurredAt.getTime(),
      ...(gatewayMessageId === null ? {} : { gatewayMessageId }),
    })),
  );
  if (!differs(before, after)) return null;
  return {
    state: after.state,
    sentAt: toDate(after.sentAt),
    deliveredAt: toDate(after.deliveredAt),
    readAt: toDate(after.readAt),
    failedAt: toDate(after.failedAt),
    gatewayMessageId: before.gatewayMessageId ?? latest(receipts)?.gatewayMessageId ?? null,
    ...errorAfter(before, after.state, receipts),
  };
}

function differs(before: DeliveryBefore, after: DeliveryProgress): boolean {
  const instants = ['sentAt', 'deliveredAt', 'readAt', 'failedAt'] as const;
  return before.state !== after.state || instants.some((name) => (before[name]?.getTime() ?? null) !== after[name]);
}

function errorAfter(
  before: DeliveryBefore,
  state: DeliveryState,
  receipts: readonly ReceiptRow[],
): Pick<DeliveryAfter, 'errorCode' | 'errorMessage'> {
  const { errorCode, errorMessage } = before;
  if (state !== 'failed') return { errorCode: null, errorMessage: null };
  if (before.state === 'failed') return { errorCode, errorMessage };
  const failure = receipts
    .filter(({ kind }) => kind === 'FAILED')
    .filter(
      ({ gatewayMessageId: id }) => id === null || before.gatewayMessageId === null || id === before.gatewayMessageId,
    )
    .sort((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime())[0];
  return { errorCode: failure?.errorCode ?? 'PROVIDER_FAILED', errorMessage: failure?.errorMessage ?? null };
}

/** The receipt of the last message, when the call's own answer never came. */
function latest(receipts: readonly ReceiptRow[]): ReceiptRow | undefined {
  return receipts
    .filter(({ gatewayMessageId }) => gatewayMessageId !== null)
    .sort((a, b) => b.occurredAt.getTime() - a.occurredAt.getTime())[0];
}

function toDate(at: number | null): Date | null {
  return at === null ? null : new Date(at);
}
