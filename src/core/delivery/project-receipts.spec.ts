import fc from 'fast-check';
import { StatusEventKind } from '../gateway/send-outcome.js';
import { DeliveryState } from './delivery-state.js';
import { type DeliveryProgress, projectReceipts, type Receipt } from './project-receipts.js';

const SENT_AT = 1_790_000_000_000;

function aDelivery(input: Partial<DeliveryProgress> = {}): DeliveryProgress {
  return { state: 'sent', sentAt: SENT_AT, deliveredAt: null, readAt: null, failedAt: null, ...input };
}

const aReceipt = (kind: StatusEventKind, seconds: number, gatewayMessageId = 'wamid.2'): Receipt => ({
  kind,
  at: SENT_AT + seconds * 1_000,
  gatewayMessageId,
});

describe('projectReceipts', () => {
  it('leaves a delivery without receipts as it is', () => {
    expect(projectReceipts(aDelivery(), 'wamid.2', [])).toEqual(aDelivery());
  });

  it('keeps the earliest instant of each kind', () => {
    const receipts = [
      aReceipt('READ', 9),
      aReceipt('DELIVERED', 3),
      aReceipt('DELIVERED', 2),
      aReceipt('READ', 8),
      aReceipt('SENT', 1),
    ];
    expect(projectReceipts(aDelivery(), 'wamid.2', receipts)).toEqual({
      state: 'read',
      sentAt: SENT_AT,
      deliveredAt: SENT_AT + 2_000,
      readAt: SENT_AT + 8_000,
      failedAt: null,
    });
  });

  it('takes a read message for delivered, and an uncertain one for sent, when no earlier receipt came', () => {
    const uncertain = aDelivery({ state: 'uncertain', sentAt: null });
    expect(projectReceipts(uncertain, null, [aReceipt('READ', 5)])).toEqual({
      state: 'read',
      sentAt: SENT_AT + 5_000,
      deliveredAt: SENT_AT + 5_000,
      readAt: SENT_AT + 5_000,
      failedAt: null,
    });
  });

  it('tells when it failed only as long as it has failed', () => {
    const failed = projectReceipts(aDelivery(), 'wamid.2', [aReceipt('FAILED', 4)]);
    expect(failed).toEqual(aDelivery({ state: 'failed', failedAt: SENT_AT + 4_000 }));
    expect(projectReceipts(failed, 'wamid.2', [aReceipt('FAILED', 4), aReceipt('DELIVERED', 6)])).toEqual(
      aDelivery({ state: 'delivered', deliveredAt: SENT_AT + 6_000 }),
    );
  });

  it('does not let the failure of an earlier attempt speak about this one', () => {
    expect(projectReceipts(aDelivery(), 'wamid.2', [aReceipt('FAILED', 4, 'wamid.1')])).toEqual(aDelivery());
  });

  it('believes that the message arrived, whichever attempt brought it', () => {
    expect(projectReceipts(aDelivery(), 'wamid.2', [aReceipt('DELIVERED', 4, 'wamid.1')])).toEqual(
      aDelivery({ state: 'delivered', deliveredAt: SENT_AT + 4_000 }),
    );
  });

  it('believes that the message was read, whichever attempt brought it', () => {
    expect(projectReceipts(aDelivery(), 'wamid.2', [aReceipt('READ', 4, 'wamid.1')])).toEqual(
      aDelivery({ state: 'read', deliveredAt: SENT_AT + 4_000, readAt: SENT_AT + 4_000 }),
    );
  });

  it('takes an uncertain delivery for sent by the earliest receipt that proves it', () => {
    const uncertain = aDelivery({ state: 'uncertain', sentAt: null });
    const sent = aDelivery({ sentAt: SENT_AT + 1_000 });
    expect(projectReceipts(uncertain, null, [aReceipt('SENT', 1)])).toEqual(sent);
    const receipts = [aReceipt('READ', 4), aReceipt('DELIVERED', 3), aReceipt('SENT', 1)];
    expect(projectReceipts(uncertain, null, receipts).sentAt).toBe(SENT_AT + 1_000);
    expect(projectReceipts(uncertain, null, receipts.slice(0, 2)).sentAt).toBe(SENT_AT + 3_000);
  });

  it('takes a receipt for one of this attempt when either side does not say which message it is about', () => {
    const uncertain = aDelivery({ state: 'uncertain', sentAt: null });
    expect(projectReceipts(uncertain, null, [aReceipt('FAILED', 4, 'wamid.1')]).state).toBe('failed');
    const anonymous: Receipt = { kind: 'FAILED', at: SENT_AT + 4_000 };
    expect(projectReceipts(aDelivery(), 'wamid.2', [anonymous]).state).toBe('failed');
  });

  it('keeps what it knows when no receipt says more', () => {
    const read = aDelivery({ state: 'read', deliveredAt: SENT_AT + 2_000, readAt: SENT_AT + 3_000 });
    expect(projectReceipts(read, 'wamid.2', [])).toEqual(read);
    expect(projectReceipts(read, 'wamid.2', [aReceipt('DELIVERED', 9)])).toEqual(read);
  });

  it('leaves a delivery that is at the gateway to the answer of its call', () => {
    const sending = aDelivery({ state: 'sending', sentAt: null });
    expect(projectReceipts(sending, null, [aReceipt('FAILED', 1), aReceipt('SENT', 0)])).toEqual(sending);
  });

  it('leaves a delivery that waits for its next attempt without instants of the attempt before', () => {
    const waiting = aDelivery({ state: 'pending', sentAt: null });
    expect(projectReceipts(waiting, null, [aReceipt('SENT', 0), aReceipt('FAILED', 1)])).toEqual(waiting);
  });

  const receipts = fc.array(
    fc
      .record({
        kind: fc.constantFrom(...Object.values(StatusEventKind)),
        seconds: fc.nat(100),
        id: fc.constantFrom('wamid.1', 'wamid.2'),
      })
      .map(({ kind, seconds, id }) => aReceipt(kind, seconds, id)),
    { maxLength: 12 },
  );
  const deliveries = fc
    .constantFrom(...Object.values(DeliveryState))
    .map((state) => aDelivery({ state, sentAt: state === 'sent' ? SENT_AT : null }));
  const ids = fc.constantFrom(null, 'wamid.1', 'wamid.2');

  it('gives one answer for receipts in any order and multiplicity', () => {
    fc.assert(
      fc.property(deliveries, ids, receipts, fc.func(fc.integer()), (delivery, id, list, key) => {
        const shuffled = list
          .map((receipt, index) => ({ receipt, at: key(index) }))
          .sort((a, b) => a.at - b.at)
          .map(({ receipt }) => receipt);
        const expected = projectReceipts(delivery, id, list);
        expect(projectReceipts(delivery, id, shuffled)).toEqual(expected);
        expect(projectReceipts(delivery, id, [...shuffled, ...list])).toEqual(expected);
      }),
    );
  });

  it('changes nothing when it is applied to its own answer', () => {
    fc.assert(
      fc.property(deliveries, ids, receipts, (delivery, id, list) => {
        const once = projectReceipts(delivery, id, list);
        expect(projectReceipts(once, id, list)).toEqual(once);
      }),
    );
  });
});
