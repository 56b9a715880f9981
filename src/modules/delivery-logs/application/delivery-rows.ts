/** The plain rows that this feature's services hand out. */
export type { DeliveryRow } from '../persistence/delivery-row.js';
export type { DeliveryAttemptRow } from '../persistence/delivery-attempt.entity.js';
