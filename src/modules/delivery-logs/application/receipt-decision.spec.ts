import { decideReceipts, type DeliveryBefore, type ReceiptRow } from './receipt-decision.js';

const at = (seconds: number) => new Date(1_790_000_000_000 + seconds * 1_000);

const aDelivery = (input: Partial<DeliveryBefore> = {}): DeliveryBefore => ({
  state: 'sent',
  sentAt: at(0),
  deliveredAt: null,
  readAt: null,
  failedAt: null,
  gatewayMessageId: 'm-1',
  errorCode: null,
  errorMessage: null,
  ...input,
});

const aReceipt = (kind: ReceiptRow['kind'], seconds: number, input: Partial<ReceiptRow> = {}): ReceiptRow => ({
  kind,
  occurredAt: at(seconds),
  gatewayMessageId: 'm-1',
  errorCode: null,
  errorMessage: null,
  ...input,
});

describe('decideReceipts', () => {
  it('says nothing when nothing changes', () => {
    expect(decideReceipts(aDelivery(), [aReceipt('SENT', 1)])).toBeNull();
    expect(decideReceipts(aDelivery({ state: 'pending', sentAt: null }), [aReceipt('FAILED', 1)])).toBeNull();
  });

  it('gives a delivery that fails after it was sent the code of its provider', () => {
    const receipts = [aReceipt('FAILED', 4, { errorCode: '131026', errorMessage: 'undeliverable' })];
    expect(decideReceipts(aDelivery(), receipts)).toMatchObject({
      state: 'failed',
      failedAt: at(4),
      errorCode: '131026',
      errorMessage: 'undeliverable',
    });
  });

  it('has a code for a failure that its provider gave none', () => {
    expect(decideReceipts(aDelivery(), [aReceipt('FAILED', 4)])).toMatchObject({ errorCode: 'PROVIDER_FAILED' });
  });

  it('takes the code of this message, not that of an earlier one of the same delivery', () => {
    const receipts = [
      aReceipt('FAILED', 1, { gatewayMessageId: 'm-0', errorCode: 'OLD' }),
      aReceipt('FAILED', 5, { errorCode: 'NEW' }),
    ];
    expect(decideReceipts(aDelivery(), receipts)).toMatchObject({ errorCode: 'NEW' });
  });

  it('drops the error of a delivery that arrived after all', () => {
    const failed = aDelivery({ state: 'failed', failedAt: at(2), errorCode: 'X', errorMessage: 'x' });
    expect(decideReceipts(failed, [aReceipt('FAILED', 2), aReceipt('DELIVERED', 3)])).toMatchObject({
      state: 'delivered',
      failedAt: null,
      errorCode: null,
      errorMessage: null,
    });
  });

  it('keeps the error of a failed delivery whose receipts only tell when it was sent', () => {
    const failed = aDelivery({ state: 'failed', sentAt: null, failedAt: at(2), errorCode: 'X' });
    expect(decideReceipts(failed, [aReceipt('SENT', 1)])).toMatchObject({
      state: 'failed',
      errorCode: 'X',
      sentAt: at(1),
    });
  });

  it('learns the id of an uncertain message from its last receipt', () => {
    const uncertain = aDelivery({ state: 'uncertain', sentAt: null, gatewayMessageId: null });
    const receipts = [aReceipt('DELIVERED', 9, { gatewayMessageId: 'm-2' }), aReceipt('SENT', 1)];
    expect(decideReceipts(uncertain, receipts)).toMatchObject({ state: 'delivered', gatewayMessageId: 'm-2' });
  });
});
