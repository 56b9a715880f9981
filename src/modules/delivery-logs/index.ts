export { DeliveryLogsModule } from './delivery-logs.module.js';
export { DeliveriesService } from './application/deliveries.service.js';
export type { DeliveryAttemptRow, DeliveryRow } from './application/delivery-rows.js';
export { StatusEventsService } from './application/status-events.service.js';
export type { DeliveryKey, GatewayMessage } from './persistence/provider-events.repository.js';
export { toDeliveryType } from './graphql/delivery.mapper.js';
export { DeliveryType } from './graphql/delivery.types.js';
