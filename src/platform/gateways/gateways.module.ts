import { Module, type DynamicModule } from '@nestjs/common';
import type { GatewayFactory } from '../../core/gateway/gateway-factory.js';
import { Clock } from '../clock/clock.js';
import { GatewayRegistry } from './gateway-registry.js';

/** Makes the adapters known to features, which may not import them. */
@Module({})
export class GatewaysModule {
  static register(factories: readonly GatewayFactory[]): DynamicModule {
    return {
      module: GatewaysModule,
      global: true,
      providers: [
        {
          provide: GatewayRegistry,
          inject: [Clock],
          useFactory: (clock: Clock) => new GatewayRegistry(factories, clock),
        },
      ],
      exports: [GatewayRegistry],
    };
  }
}
