import type { RenderedText } from '../application/message-preview.service.js';
import type { MessageRow } from '../application/message-row.js';
import type { MessageType, RenderedMessageType } from './message.types.js';

export function toMessageType(row: MessageRow): MessageType {
  const { id, title, content, type, status, variations, attachmentUrl, attachmentType, template, placeholders } = row;
  const { createdBy, createdAt, updatedAt } = row;
  return {
    id,
    title,
    content,
    type,
    status,
    variations,
    attachmentUrl,
    attachmentType,
    template,
    placeholders,
    createdBy,
    createdAt,
    updatedAt,
  };
}

export function toRenderedMessageType({ variation, text, missingPlaceholders }: RenderedText): RenderedMessageType {
  return { variation, text, missingPlaceholders };
}
