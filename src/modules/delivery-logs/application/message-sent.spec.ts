import { DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import type { DeliveryRow } from './delivery-rows.js';
import { flatStatusOf, toMessageSent } from './message-sent.js';

const row: DeliveryRow = {
  tenantId: 't',
  id: 'd-1',
  scheduleId: 's',
  runId: 'r',
  channelId: 'ch',
  contactId: 'c',
  state: 'sent',
  status: 'SENT',
  cancelRequested: false,
  priority: 0,
  dueAt: new Date(0),
  createdAt: new Date(0),
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  failedAt: null,
  attempt: 1,
  version: 2,
  variation: null,
  address: '+5565981234567',
  clientMessageId: 'c-1',
  nicknameUsed: null,
  content: null,
  gatewayMessageId: null,
  gatewayResponse: null,
  errorCode: null,
  errorMessage: null,
};
const at = new Date(1_790_000_000_000);

const flat = (
  previousStatus: DeliveryStatus | null,
  status: DeliveryStatus,
  isSentNow = true,
  input: Partial<DeliveryRow> = {},
) => toMessageSent({ row: { ...row, ...input }, previousStatus, status, at }, isSentNow);

describe('the flat event', () => {
  it('carries the delivery as its message', () => {
    expect(flat('SENDING', 'SENT')).toEqual({
      messageId: 'd-1',
      status: 'sent',
      to: '+5565981234567',
      timestamp: at,
      error: null,
      clientMessageId: 'c-1',
    });
  });

  it('has a word for every status or none, and never another one', () => {
    const words = Object.values(DeliveryStatus).map((status) => [status, flatStatusOf(status)]);
    expect(Object.fromEntries(words)).toEqual({
      PENDING: null,
      RATE_LIMITED: null,
      RETRYING: null,
      SENDING: null,
      UNCERTAIN: null,
      SENT: 'sent',
      DELIVERED: 'delivered',
      READ: 'read',
      FAILED: 'failed',
      EXPIRED: 'failed',
      SUPPRESSED: 'failed',
      CANCELLED: 'failed',
    });
  });

  it('is queued for a new delivery that goes at once, and only then', () => {
    expect(flat(null, 'PENDING')?.status).toBe('queued');
    expect(flat(null, 'PENDING', false)).toBeNull();
    expect(flat('RETRYING', 'PENDING')).toBeNull();
    expect(flat(null, 'SUPPRESSED')?.status).toBe('failed');
  });

  it('says why there will be no message', () => {
    expect(flat('SENDING', 'FAILED', true, { errorCode: 'X', errorMessage: 'blocked' })?.error).toBe('blocked');
    expect(flat('SENDING', 'FAILED', true, { errorCode: 'X' })?.error).toBe('X');
    expect(flat('PENDING', 'CANCELLED')?.error).toBe('CANCELLED');
  });

  it('is not told twice for what is one word', () => {
    expect(flat('READ', 'READ')).toBeNull();
    expect(flat('EXPIRED', 'FAILED')).toBeNull();
    expect(flat('FAILED', 'DELIVERED')?.status).toBe('delivered');
  });

  it('has no number for somebody without one', () => {
    expect(flat(null, 'SUPPRESSED', true, { address: null })?.to).toBe('');
  });
});
