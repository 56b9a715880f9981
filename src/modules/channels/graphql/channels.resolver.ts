import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { inputViolations } from '../../../platform/graphql/input-violations.js';
import { ChannelEditingService } from '../application/channel-editing.service.js';
import { ChannelsService } from '../application/channels.service.js';
import { CreateChannelInput, UpdateChannelInput } from './channel.inputs.js';
import { toChannelType } from './channel.mapper.js';
import { ChannelType, RateLimitStatusType } from './channel.types.js';

@Resolver()
export class ChannelsResolver {
  constructor(
    private readonly channelsService: ChannelsService,
    private readonly editing: ChannelEditingService,
  ) {}

  @Query(() => ChannelType, { nullable: true })
  async channel(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<ChannelType | null> {
    const row = await this.channelsService.find(scope, id);
    return row && toChannelType(row);
  }

  @Query(() => [ChannelType])
  async channels(@Scope() scope: TenantScope): Promise<ChannelType[]> {
    return (await this.channelsService.list(scope)).map(toChannelType);
  }

  @Query(() => RateLimitStatusType)
  async rateLimitStatus(
    @Scope() scope: TenantScope,
    @Args('channelId', { type: () => ID }) channelId: string,
  ): Promise<RateLimitStatusType> {
    return orRefuse(await this.channelsService.rateLimitStatus(scope, channelId));
  }

  @Mutation(() => ChannelType)
  async createChannel(@Scope() scope: TenantScope, @Args('input') input: CreateChannelInput): Promise<ChannelType> {
    return toChannelType(orRefuse(await this.editing.create(scope, input, inputViolations('input', input))));
  }

  @Mutation(() => ChannelType)
  async updateChannel(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
    @Args('input') input: UpdateChannelInput,
  ): Promise<ChannelType> {
    return toChannelType(orRefuse(await this.editing.update(scope, id, input, inputViolations('input', input))));
  }

  @Mutation(() => ChannelType, { description: 'Nothing further goes out through it until it is resumed.' })
  async pauseChannel(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<ChannelType> {
    return toChannelType(orRefuse(await this.editing.pause(scope, id)));
  }

  @Mutation(() => ChannelType)
  async resumeChannel(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<ChannelType> {
    return toChannelType(orRefuse(await this.editing.resume(scope, id)));
  }

  @Mutation(() => Boolean, {
    description: 'Refused while a schedule of it is not finished or a delivery waits; its deliveries stay in the log.',
  })
  async deleteChannel(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<boolean> {
    return orRefuse(await this.editing.delete(scope, id));
  }

  @Mutation(() => RateLimitStatusType)
  async resetContactRateLimit(
    @Scope() scope: TenantScope,
    @Args('channelId', { type: () => ID }) channelId: string,
    @Args('contactId', { type: () => ID }) contactId: string,
  ): Promise<RateLimitStatusType> {
    return orRefuse(await this.channelsService.resetContactRateLimit(scope, channelId, contactId));
  }
}
