/** DRAFT and PAUSED messages start no new schedule; ARCHIVED ones are kept for the log. */
export const MESSAGE_STATUS = { DRAFT: 'DRAFT', ACTIVE: 'ACTIVE', PAUSED: 'PAUSED', ARCHIVED: 'ARCHIVED' } as const;
export type MessageStatus = (typeof MESSAGE_STATUS)[keyof typeof MESSAGE_STATUS];
