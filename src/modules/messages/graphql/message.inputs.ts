import { Field, InputType } from '@nestjs/graphql';
import { IsOptional, MaxLength } from 'class-validator';
import { MessageKind } from '../../../core/gateway/message-gateway.js';
import { Json } from '../../../platform/graphql/scalars.js';
import { MESSAGE_STATUS, type MessageStatus } from '../message-status.js';
// Their GraphQL enums are registered there.
import './message.types.js';

@InputType('CreateMessageInput')
export class CreateMessageInput {
  /** application/check-message.ts knows what a message may be, for this, for updates and for messages inside schedules. */
  static readonly checkedByService = true;

  @Field(() => String)
  title: string;

  @Field(() => String)
  content: string;

  @Field(() => MessageKind, { nullable: true, defaultValue: MessageKind.TEXT })
  type?: MessageKind | null;

  @Field(() => [String], { nullable: true })
  variations?: string[] | null;

  @Field(() => String, { nullable: true })
  attachmentUrl?: string | null;

  @Field(() => String, { nullable: true })
  attachmentType?: string | null;

  @Field(() => Json, { nullable: true })
  template?: unknown;
}

@InputType('UpdateMessageInput', { description: 'An absent field stays as it is, null clears it; lists are replaced.' })
export class UpdateMessageInput {
  static readonly checkedByService = true;

  @Field(() => String, { nullable: true })
  title?: string | null;

  @Field(() => String, { nullable: true })
  content?: string | null;

  @Field(() => MessageKind, { nullable: true })
  type?: MessageKind | null;

  @Field(() => MESSAGE_STATUS, { nullable: true })
  status?: MessageStatus | null;

  @Field(() => [String], { nullable: true })
  variations?: string[] | null;

  @Field(() => String, { nullable: true })
  attachmentUrl?: string | null;

  @Field(() => String, { nullable: true })
  attachmentType?: string | null;

  @Field(() => Json, { nullable: true })
  template?: unknown;
}

@InputType('MessageFilter')
export class MessageFilterInput {
  @Field(() => String, {
    nullable: true,
    description: 'Part of the title or a text; case and accents do not matter.',
  })
  @IsOptional()
  @MaxLength(200, { message: 'must have at most 200 characters' })
  search?: string | null;

  @Field(() => MESSAGE_STATUS, { nullable: true })
  status?: MessageStatus | null;

  @Field(() => MessageKind, { nullable: true })
  type?: MessageKind | null;
}
