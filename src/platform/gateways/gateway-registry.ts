import type { GatewayFactory, GatewayOptions, OpenGateway } from '../../core/gateway/gateway-factory.js';
import type { GatewayKind } from '../../core/gateway/message-gateway.js';
import type { Clock } from '../clock/clock.js';

/** The adapters that this installation has. */
export class GatewayRegistry {
  private readonly factories: ReadonlyMap<GatewayKind, GatewayFactory>;

  constructor(
    factories: readonly GatewayFactory[],
    private readonly clock: Clock,
  ) {
    this.factories = new Map(factories.map((factory) => [factory.kind, factory]));
    if (this.factories.size !== factories.length) throw new Error('two gateway adapters have the same kind');
  }

  /** The adapter of a kind; throws when there is none, because then a channel of that kind could not be stored either. */
  of(kind: GatewayKind): GatewayFactory {
    const factory = this.factories.get(kind);
    if (!factory) throw new Error(`there is no gateway adapter for ${kind}`);
    return factory;
  }

  /** A channel's gateway on the process's own clock and timers. */
  create(kind: GatewayKind, options: Omit<GatewayOptions, 'clock'>): OpenGateway {
    return this.of(kind).create({
      ...options,
      clock: {
        nowMs: () => this.clock.nowMs(),
        monotonicMs: () => this.clock.monotonicMs(),
        after: (delayMs, run) => {
          const timer = setTimeout(run, delayMs);
          return () => clearTimeout(timer);
        },
      },
    });
  }
}
