export { ChannelsModule } from './channels.module.js';
export { ChannelsService, lanePolicyOf, type ChannelSendingProfile } from './application/channels.service.js';
export type { ChannelRow } from './application/channel-row.js';
export { CHANNEL_STATUS, type ChannelStatus } from './channel-status.js';
export type { RatePolicy } from './application/check-channel.js';
export { toChannelType } from './graphql/channel.mapper.js';
export { ChannelType, RateLimitStatusType } from './graphql/channel.types.js';
