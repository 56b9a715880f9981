import type { ModelDatabaseClock } from './model/model-clock.js';
import type { ModelProvider } from './model/model-gateway.js';
import type { ModelTables } from './model/model-rows.js';
import type { Scenario, ScenarioChannel } from './scenario.js';

/** A world that has come to rest, or should have. */
export interface EndedWorld {
  readonly tables: ModelTables;
  readonly provider: ModelProvider;
  readonly clock: ModelDatabaseClock;
  readonly isAtRest: boolean;
  /** Deliveries that somebody asked to send again, by how often. */
  readonly resent: ReadonlyMap<string, number>;
  readonly marked: ReadonlySet<string>;
  /** When each run was committed, by the database's clock. */
  readonly runsMadeUs: ReadonlyMap<string, number>;
  /** The schedules in the order of the scenario. */
  readonly scheduleIds: readonly string[];
  readonly scenario: Scenario;
  /** How long after its permit a call may begin. */
  readonly slackMs: number;
}

/** What the scenario says of a channel. */
export function channelOf({ tables, scenario }: EndedWorld, channelId: string): ScenarioChannel {
  const index = [...tables.channels.cells.keys()].indexOf(channelId);
  return scenario.channels[index] as ScenarioChannel;
}
