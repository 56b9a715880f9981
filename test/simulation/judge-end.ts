import type { EndedWorld } from './ended-world.js';
import { judgeDelivery } from './judge-delivery.js';
import { judgeLateness } from './judge-lateness.js';
import { judgeLimits, waitsForTomorrow } from './judge-limits.js';
import { judgeSchedule } from './judge-schedule.js';
import type { LedgerEffect } from './model/model-gateway.js';
import { isCalm } from './scenario.js';

/** Everything that is wrong with a world when it is over. */
export function judgeEnd(world: EndedWorld): string[] {
  const effects = new Map<string, LedgerEffect[]>();
  for (const effect of world.provider.effects) {
    effects.set(effect.deliveryId, [...(effects.get(effect.deliveryId) ?? []), effect]);
  }
  return [
    ...(world.scenario.schedules.length > 0 ? [] : ['a world without schedules proves nothing']),
    ...(world.isAtRest ? [] : unrest(world)),
    ...world.tables.deliveries.committed().flatMap((row) => judgeDelivery(world, row, effects.get(row.id) ?? [])),
    ...judgeLeases(world),
    ...world.tables.schedules.committed().flatMap((row) => judgeSchedule(world, row)),
    ...[...world.tables.channels.cells.keys()].flatMap((id, index) => judgeLimits(world, id, index)),
    ...judgeLateness(world),
  ];
}

/** I12: nothing is lost, nothing is stuck. */
function unrest({ tables, clock }: EndedWorld): string[] {
  const queued = tables.queue
    .committed()
    .filter((row) => !waitsForTomorrow(tables, row, clock.nowUs()))
    .map((row) => `I12: ${row.deliveryId} is still ${row.state} (${row.waitReason})`);
  const waiting = new Set(tables.queue.committed().map((row) => row.runId));
  const runs = tables.runs
    .committed()
    .filter((row) => row.status === 'CREATED' || (row.status === 'RUNNING' && !waiting.has(row.id)))
    .map((row) => `I12: run ${row.id} is still ${row.status}`);
  const schedules = tables.schedules
    .committed()
    .filter((row) => row.nextRunUs !== null)
    .map((row) => `I12: schedule ${row.id} is still to run`);
  const found = [...queued, ...runs, ...schedules];
  return found.length > 0 ? found.slice(0, 5) : ['I12: events are still waiting'];
}

/** Without trouble no lease is ever over before its work is done. */
function judgeLeases({ tables, scenario }: EndedWorld): string[] {
  if (!isCalm(scenario)) return [];
  return tables.attempts
    .committed()
    .filter((attempt) => attempt.outcome === 'lease_expired')
    .map((attempt) => `I14: the lease of ${attempt.deliveryId}#${attempt.number} ran out under its worker`);
}
