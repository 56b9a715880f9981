import type { HeldDelivery } from '../../../src/modules/dispatch/dispatch-types.js';
import type { RunKey } from '../../../src/modules/schedules/persistence/run-key.js';
import type { RunState } from '../../../src/core/scheduling/schedule-words.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { ModelClaims } from './model-claims.js';
import { run } from './model-database.js';
import { ModelIntents, ModelLeases } from './model-dispatch.js';
import { ModelOutcomes } from './model-outcomes.js';
import { modelRepositories, type ModelRepositories } from './model-process.js';
import { ModelReceipts } from './model-receipts.js';
import { TENANT, type ModelQueueRow } from './model-rows.js';
import { ModelFinishing } from './model-schedules.js';

/*
 * The program with one guard left out, for the proof that the simulation notices. Each is a mistake that somebody has
 * made or could make.
 */

/** A worker's lease is its own, but what it holds is taken by anybody: a token is not looked at. */
class TokenlessOutcomes extends ModelOutcomes {
  override finishSending(sql: Sql, outcomes: Parameters<ModelOutcomes['finishSending']>[1]) {
    return withPresentTokens(sql, outcomes, (present) => super.finishSending(sql, present));
  }

  override waitAgain(sql: Sql, outcomes: Parameters<ModelOutcomes['waitAgain']>[1]) {
    return withPresentTokens(sql, outcomes, (present) => super.waitAgain(sql, present));
  }

  override release(sql: Sql, releases: Parameters<ModelOutcomes['release']>[1]) {
    return withPresentTokens(sql, releases, (present) => super.release(sql, present));
  }
}

async function withPresentTokens<T extends HeldDelivery, R>(
  sql: Sql,
  held: readonly T[],
  write: (held: readonly T[]) => Promise<R>,
): Promise<R> {
  const present = await run(sql, (statement, { tables }) =>
    held.map((item) => ({ ...item, token: statement.get(tables.queue, item.deliveryId)?.token ?? item.token })),
  );
  return write(present);
}

/** The reaper frees whatever was named in a lease, whoever holds it by now. */
class TokenlessReaper extends ModelLeases {
  override async abandoned(tx: Sql, lease: Parameters<ModelLeases['abandoned']>[1]) {
    const tokens = await run(tx, (statement, { tables }) => [
      ...new Set(lease.deliveryIds.flatMap((id) => statement.get(tables.queue, id)?.token ?? [])),
    ]);
    const found = await Promise.all(tokens.map((token) => super.abandoned(tx, { ...lease, token })));
    return found.flat();
  }
}

/** An intent does not ask whether its lease still stands. */
class LeaselessIntents extends ModelIntents {
  override extendLeases(tx: Sql, tokens: readonly number[]): Promise<Set<number>> {
    return run(tx, () => new Set(tokens));
  }
}

/** An intent does not look at its schedule. */
class GatelessIntents extends ModelIntents {
  override scheduleGates(tx: Sql, keys: Parameters<ModelIntents['scheduleGates']>[1]) {
    return run(tx, () => keys.map(({ id }) => ({ id, status: 'PENDING' })));
  }
}

/** An intent looks at its schedule without holding it: a pause may commit before the intent does. */
class UnlockedGates extends ModelIntents {
  override scheduleGates(tx: Sql, keys: Parameters<ModelIntents['scheduleGates']>[1]) {
    return run(tx, (statement, { tables }) =>
      keys.map(({ id }) => ({ id, status: statement.get(tables.schedules, id)?.status ?? '' })),
    );
  }
}

/** What waits is read without being locked, and claimed whatever its state. */
class UnlockedClaims extends ModelClaims {
  override lockLanes(tx: Sql, limit: number, except: readonly string[]) {
    return run(tx, (statement, { tables, nowUs }) => {
      const us = nowUs();
      const lanes = statement
        .rows(tables.lanes)
        .filter(([id, lane]) => !except.includes(id) && lane.openUs <= us)
        .slice(0, limit)
        .flatMap(([channelId, lane]) => {
          const channel = statement.get(tables.channels, channelId);
          const { tatUs, lastTakenUs, day, sentToday, heldUntilUs } = lane;
          if (!channel) return [];
          const active = channel.status === 'ACTIVE';
          const state = { tatUs, lastTakenUs, day, sentToday };
          return [
            { ...channel, tenantId: TENANT, channelId, channelVersion: channel.version, active, heldUntilUs, state },
          ];
        });
      return lanes.length === 0 ? undefined : { lanes, now: { us, text: String(us) } };
    });
  }
}

/** A receipt takes a delivery away from the call that is under way. */
class HastyReceipts extends ModelReceipts {
  override async queued(tx: Sql, deliveries: Parameters<ModelReceipts['queued']>[1]) {
    return (await super.queued(tx, deliveries)).map((row) => ({ ...row, state: 'pending' as const }));
  }

  override async lockQueued(tx: Sql, deliveries: Parameters<ModelReceipts['lockQueued']>[1]) {
    return (await super.lockQueued(tx, deliveries)).map((row) => ({ ...row, state: 'pending' as const }));
  }
}

/** A run ends although something of it is still in the queue. */
class HastyFinishing extends ModelFinishing {
  override finishRuns(tx: Sql, ends: readonly (RunKey & { readonly state: RunState })[]): Promise<RunKey[]> {
    return run(tx, async (statement, { tables }) => {
      const ended = await Promise.all(
        ends.map(({ runId, state }) =>
          statement.update(
            tables.runs,
            [runId],
            (row) => row.status === 'RUNNING',
            (row) => ({ ...row, status: state }),
          ),
        ),
      );
      return ended.flat().map(({ id, scheduleId }) => ({ tenantId: TENANT, runId: id, scheduleId }));
    });
  }

  override doneAmong(sql: Sql, runIds: readonly string[]): Promise<RunKey[]> {
    return run(sql, (statement, { tables }) =>
      runIds.flatMap((runId) => {
        const row = statement.get(tables.runs, runId);
        return row?.status === 'RUNNING' ? [{ tenantId: TENANT, runId, scheduleId: row.scheduleId }] : [];
      }),
    );
  }
}

/** A released delivery does not wake its lane. */
class SleepingLanes extends ModelOutcomes {
  override release(sql: Sql, releases: Parameters<ModelOutcomes['release']>[1]): Promise<string[]> {
    return run(sql, async (statement, { tables }) => {
      const rows = await Promise.all(
        releases.map(({ deliveryId, token }) =>
          statement.update(
            tables.queue,
            [deliveryId],
            (row) => row.state === 'claimed' && row.token === token,
            (row): ModelQueueRow => ({ ...row, state: 'pending', token: 0 }),
          ),
        ),
      );
      return rows.flat().map((row) => row.deliveryId);
    });
  }
}

const without = (part: Partial<ModelRepositories>) => (): ModelRepositories => ({ ...modelRepositories(), ...part });

/** By what is missing. */
export const MUTANTS: Readonly<Record<string, () => ModelRepositories>> = {
  'the token of an outcome': without({ outcomes: new TokenlessOutcomes() }),
  'the token in the reaper': without({ leases: new TokenlessReaper() }),
  'the lease of an intent': without({ intents: new LeaselessIntents() }),
  'the pause and cancel that an intent asks for': without({ intents: new GatelessIntents() }),
  'the lock under which an intent reads its schedule': without({ intents: new UnlockedGates() }),
  'the lock of a lane': without({ claims: new UnlockedClaims() }),
  'the respect of receipts for a call under way': without({ receipts: new HastyReceipts() }),
  'the empty queue of a run that ends': without({ finishing: new HastyFinishing() }),
  'the lane that a release wakes': without({ outcomes: new SleepingLanes() }),
};
