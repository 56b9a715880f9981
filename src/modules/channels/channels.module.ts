import { Module } from '@nestjs/common';
import { RateLimitModule } from '../rate-limit/index.js';
import { TenantsModule } from '../tenants/index.js';
import { ChannelDefaults } from './application/channel-defaults.js';
import { ChannelEditingService } from './application/channel-editing.service.js';
import { ChannelSettings } from './application/channel-settings.js';
import { ChannelsService } from './application/channels.service.js';
import { ChannelFieldsResolver } from './graphql/channel-fields.resolver.js';
import { ChannelsResolver } from './graphql/channels.resolver.js';
import { ChannelsRepository } from './persistence/channels.repository.js';

@Module({
  imports: [TenantsModule, RateLimitModule],
  providers: [
    ChannelsRepository,
    ChannelSettings,
    ChannelDefaults,
    ChannelsService,
    ChannelEditingService,
    ChannelsResolver,
    ChannelFieldsResolver,
  ],
  exports: [ChannelsService],
})
export class ChannelsModule {}
