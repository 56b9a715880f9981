import type { GatewaySettings } from '../../core/gateway/gateway-factory.js';
import type { Result } from '../../core/values/result.js';
import type { DurationMs } from '../../core/values/time.js';
import type { Violation } from '../../core/values/violation.js';
import { SettingsReader } from '../settings-reader.js';

/** How the stand-in gateway behaves. */
export interface SimulatorSettings {
  /** A call takes this long, more or less by at most `latencyJitterMs`. */
  readonly latencyMs: DurationMs;
  readonly latencyJitterMs: DurationMs;
  /** The share of calls that are refused, 0 to 1. */
  readonly failureRate: number;
  /** The share of calls of which nobody knows what became, 0 to 1. */
  readonly uncertainRate: number;
  /** When the DELIVERED event comes after the acceptance, half to one and a half times this long; null: never. */
  readonly deliveredAfterMs: DurationMs | null;
  /** The same for the READ event, which never comes before the DELIVERED one; null: never. */
  readonly readAfterMs: DurationMs | null;
  /** The share of accepted messages that are read, 0 to 1. */
  readonly readRate: number;
  /** null: the channel's id. */
  readonly seed: string | null;
}

const LATENCY = { min: 0, max: 20_000 } as const;
const EVENT_DELAY = { min: 0, max: 3_600_000 } as const;
const SHARE = { min: 0, max: 1 } as const;

/** The complete settings, or everything that is wrong with them. */
export function readSimulatorSettings(
  given: GatewaySettings,
  path: string,
): Result<SimulatorSettings, readonly Violation[]> {
  const reader = new SettingsReader(given, path);
  // Here null has a meaning of its own: such an event never comes.
  const eventDelay = (name: string, absent: number) =>
    given[name] === null ? null : reader.integer(name, EVENT_DELAY, absent);
  const settings: SimulatorSettings = {
    latencyMs: reader.integer('latencyMs', LATENCY, 250),
    latencyJitterMs: reader.integer('latencyJitterMs', LATENCY, 150),
    failureRate: reader.number('failureRate', SHARE, 0.05),
    uncertainRate: reader.number('uncertainRate', SHARE, 0),
    deliveredAfterMs: eventDelay('deliveredAfterMs', 1_500),
    readAfterMs: eventDelay('readAfterMs', 6_000),
    readRate: reader.number('readRate', SHARE, 0.6),
    seed: reader.text('seed', 200),
  };
  if (settings.failureRate + settings.uncertainRate > 1) {
    reader.refuse('uncertainRate', 'sum', 'failureRate and uncertainRate must not be more than 1 together');
  }
  return reader.done(settings);
}
