/** The plain rows that this feature's services hand out. */
export type { ChannelRow } from '../persistence/channel.entity.js';
