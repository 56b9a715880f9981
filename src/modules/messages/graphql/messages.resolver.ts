import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { PageArgs, toConnection } from '../../../platform/graphql/pagination.js';
import { MessagePreviewService } from '../application/message-preview.service.js';
import { MessagesService } from '../application/messages.service.js';
import { CreateMessageInput, MessageFilterInput, UpdateMessageInput } from './message.inputs.js';
import { toMessageType, toRenderedMessageType } from './message.mapper.js';
import { MessageConnectionType, MessageType, RenderedMessageType } from './message.types.js';

@Resolver()
export class MessagesResolver {
  constructor(
    private readonly messagesService: MessagesService,
    private readonly previews: MessagePreviewService,
  ) {}

  @Query(() => MessageType, { nullable: true })
  async message(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<MessageType | null> {
    const row = await this.messagesService.find(scope, id);
    return row && toMessageType(row);
  }

  @Query(() => MessageConnectionType, { description: 'The newest first.' })
  async messages(
    @Scope() scope: TenantScope,
    @Args() page: PageArgs,
    @Args('filter', { type: () => MessageFilterInput, nullable: true }) filter?: MessageFilterInput,
  ): Promise<MessageConnectionType> {
    return toConnection(orRefuse(await this.messagesService.list(scope, filter ?? {}, page)), toMessageType);
  }

  @Query(() => [RenderedMessageType], { description: 'Each variation as the contact would read it.' })
  async renderMessage(
    @Scope() scope: TenantScope,
    @Args('messageId', { type: () => ID }) messageId: string,
    @Args('contactId', { type: () => ID }) contactId: string,
    @Args('useNicknames', { type: () => Boolean, nullable: true, defaultValue: true }) useNicknames: boolean | null,
  ): Promise<RenderedMessageType[]> {
    const rendered = await this.previews.render(scope, messageId, contactId, useNicknames ?? true);
    return orRefuse(rendered).map(toRenderedMessageType);
  }

  @Mutation(() => MessageType)
  async createMessage(@Scope() scope: TenantScope, @Args('input') input: CreateMessageInput): Promise<MessageType> {
    return toMessageType(orRefuse(await this.messagesService.create(scope, input)));
  }

  @Mutation(() => MessageType, { description: 'What has not been sent yet goes out as changed.' })
  async updateMessage(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
    @Args('input') input: UpdateMessageInput,
  ): Promise<MessageType> {
    return toMessageType(orRefuse(await this.messagesService.update(scope, id, input)));
  }

  @Mutation(() => MessageType, { description: 'Idempotent. Schedules that use the message keep it.' })
  async archiveMessage(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<MessageType> {
    return toMessageType(orRefuse(await this.messagesService.archive(scope, id)));
  }
}
