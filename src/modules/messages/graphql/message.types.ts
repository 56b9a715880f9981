import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { MessageKind } from '../../../core/gateway/message-gateway.js';
import { Connection } from '../../../platform/graphql/pagination.js';
import { DateTime, Json } from '../../../platform/graphql/scalars.js';
import { MESSAGE_STATUS, type MessageStatus } from '../message-status.js';

registerEnumType(MessageKind, { name: 'MessageType' });
registerEnumType(MESSAGE_STATUS, { name: 'MessageStatus' });

@ObjectType('Message')
export class MessageType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  title: string;

  @Field(() => String, {
    description:
      'Text with placeholders: {nome} {apelido} {cidade} {telefone} {email}, their English names {name} {nickname} {city} {phone}, and {any_attribute}; {x|fallback} when empty; {{ for a brace.',
  })
  content: string;

  @Field(() => MessageKind)
  type: MessageKind;

  @Field(() => MESSAGE_STATUS)
  status: MessageStatus;

  @Field(() => [String], {
    description: 'At most 5; when there are any, each delivery uses one of them, chosen evenly and reproducibly.',
  })
  variations: readonly string[];

  @Field(() => String, { nullable: true })
  attachmentUrl: string | null;

  @Field(() => String, { nullable: true })
  attachmentType: string | null;

  @Field(() => Json, {
    nullable: true,
    description: 'Gateway template reference for TEMPLATE messages: { name, language, components }.',
  })
  template: unknown;

  @Field(() => [String])
  placeholders: readonly string[];

  @Field(() => String)
  createdBy: string;

  @Field(() => DateTime)
  createdAt: Date;

  @Field(() => DateTime)
  updatedAt: Date;
}

@ObjectType('MessageConnection')
export class MessageConnectionType extends Connection(MessageType) {}

@ObjectType('RenderedMessage')
export class RenderedMessageType {
  @Field(() => Int, { description: 'Counted from 0; 0 also for the content of a message without variations.' })
  variation: number;

  @Field(() => String, { description: 'What is missing stands there as [name?]; such a text is never sent.' })
  text: string;

  @Field(() => [String])
  missingPlaceholders: readonly string[];
}
