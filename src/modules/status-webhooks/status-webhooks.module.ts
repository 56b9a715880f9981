import { Module } from '@nestjs/common';
import { ChannelsModule } from '../channels/index.js';
import { DeliveryLogsModule } from '../delivery-logs/index.js';
import { StatusWebhooksService } from './application/status-webhooks.service.js';
import { StatusWebhooksRoute } from './http/status-webhooks.route.js';

@Module({
  imports: [ChannelsModule, DeliveryLogsModule],
  providers: [StatusWebhooksService, StatusWebhooksRoute],
})
export class StatusWebhooksModule {}
