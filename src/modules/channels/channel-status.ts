/**
 * ACTIVE: deliveries go. PAUSED: a person or the circuit breaker stopped it; deliveries wait until a person resumes it.
 * DISCONNECTED: the provider says that the sender is not connected; deliveries wait.
 */
export const CHANNEL_STATUS = { ACTIVE: 'ACTIVE', PAUSED: 'PAUSED', DISCONNECTED: 'DISCONNECTED' } as const;
export type ChannelStatus = (typeof CHANNEL_STATUS)[keyof typeof CHANNEL_STATUS];
