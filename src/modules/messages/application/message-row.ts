/** The plain rows that this feature's services hand out. */
export type { MessageRow } from '../persistence/message.entity.js';
