export { StatusWebhooksModule } from './status-webhooks.module.js';
