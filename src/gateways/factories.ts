import type { GatewayFactory } from '../core/gateway/gateway-factory.js';
import { simulatorFactory } from './simulator/simulator.gateway.js';
import { webhookFactory } from './webhook/webhook.gateway.js';

/** Every adapter, for the composition root. */
export const GATEWAY_FACTORIES: readonly GatewayFactory[] = [simulatorFactory, webhookFactory];
