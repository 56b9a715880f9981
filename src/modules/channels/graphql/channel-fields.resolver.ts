import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Loaders, RequestLoaders, Scope } from '../../../platform/graphql/context.js';
import { ChannelsService } from '../application/channels.service.js';
import { ChannelType, RateLimitStatusType } from './channel.types.js';

@Resolver(() => ChannelType)
export class ChannelFieldsResolver {
  constructor(private readonly channels: ChannelsService) {}

  @ResolveField(() => RateLimitStatusType)
  async rateLimitStatus(
    @Parent() channel: ChannelType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<RateLimitStatusType> {
    const loader = loaders.get('rate-limit-status', (ids) => this.channels.rateLimitStatuses(scope, ids));
    const status = await loader.load(channel.id);
    if (!status) throw new Error('a channel that was just read has no rate limit');
    return status;
  }
}
