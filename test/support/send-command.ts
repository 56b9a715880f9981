import type { SendCommand } from '../../src/core/gateway/message-gateway.js';

/** A text message to a made-up number. */
export function aSendCommand(given: Partial<SendCommand> = {}): SendCommand {
  return {
    deliveryId: '0198c0de-0000-7000-8000-000000000001',
    tenantId: '0198c0de-0000-7000-8000-00000000000a',
    channelId: '0198c0de-0000-7000-8000-00000000000c',
    attempt: 1,
    to: '+5565999990001',
    contactName: 'Maria Souza',
    type: 'TEXT',
    text: 'Olá, Maria!',
    attachmentUrl: null,
    attachmentType: null,
    template: null,
    clientMessageId: null,
    ...given,
  };
}
