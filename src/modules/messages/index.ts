export { MessagesModule } from './messages.module.js';
export { MessagesService } from './application/messages.service.js';
export { checkMessage, type MessageDraft, type MessageInput } from './application/check-message.js';
export type { MessageRow } from './application/message-row.js';
export { MESSAGE_STATUS, type MessageStatus } from './message-status.js';
export { CreateMessageInput } from './graphql/message.inputs.js';
export { toMessageType } from './graphql/message.mapper.js';
export { MessageType } from './graphql/message.types.js';
