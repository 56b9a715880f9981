import type { HeldDelivery } from '../../../src/modules/dispatch/dispatch-types.js';
import type { LockedLane } from '../../../src/modules/dispatch/persistence/claim-rows.js';
import type { RunKey } from '../../../src/modules/schedules/persistence/run-key.js';
import type { RunState } from '../../../src/core/scheduling/schedule-words.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import type { WorldKind } from '../scenario-kinds.js';
import { ModelClaims } from './model-claims.js';
import { run } from './model-database.js';
import { ModelHousekeeping, ModelIntents, ModelLeases } from './model-dispatch.js';
import { ModelOutcomes } from './model-outcomes.js';
import { modelRepositories, type ModelRepositories } from './model-process.js';
import { ModelReceipts } from './model-receipts.js';
import { TENANT, type ModelQueueRow } from './model-rows.js';
import { ModelFinishing, ModelFiring } from './model-schedules.js';

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

/** Lanes are seen without one of their limits. */
class UnlimitedClaims extends ModelClaims {
  constructor(private readonly seen: (lane: LockedLane) => Partial<LockedLane>) {
    super();
  }

  override async lockLanes(...args: Parameters<ModelClaims['lockLanes']>) {
    const locked = await super.lockLanes(...args);
    return locked && { ...locked, lanes: locked.lanes.map((lane) => ({ ...lane, ...this.seen(lane) })) };
  }
}

/** What expires is EXPIRED, although an attempt before may have brought it. */
class ForgetfulExpiry extends ModelHousekeeping {
  override async expire(sql: Sql, limit: number) {
    const expired = await super.expire(sql, limit);
    const doubted = expired.filter((row) => row.status === 'uncertain').map((row) => row.deliveryId);
    await run(sql, (statement, { tables }) =>
      statement.update(
        tables.deliveries,
        doubted,
        () => true,
        (row) => ({ ...row, status: 'expired' as const }),
      ),
    );
    return expired;
  }
}

/** What is claimed a moment before it is due is not told apart from what is due. */
class HastyClaims extends ModelClaims {
  override async candidates(...args: Parameters<ModelClaims['candidates']>) {
    return (await super.candidates(...args)).map((row) => ({ ...row, readyAtUs: 0 }));
  }
}

/** What is in doubt is sent again as soon as its policy allows, whatever a receipt may say. */
class HastyRepetition extends ModelOutcomes {
  override waitAgain(sql: Sql, outcomes: Parameters<ModelOutcomes['waitAgain']>[1]) {
    const soon = outcomes.map((outcome) =>
      outcome.state === 'uncertain' ? { ...outcome, delayMs: Math.min(outcome.delayMs, 2_000) } : outcome,
    );
    return super.waitAgain(sql, soon);
  }
}

/** What is due is looked for when it has been due for a while. */
class LateFiring extends ModelFiring {
  override lockDue(tx: Sql, leadMs: number, limit: number) {
    return super.lockDue(tx, leadMs - 7_000, limit);
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
const unlimited = (seen: (lane: LockedLane) => Partial<LockedLane>) => without({ claims: new UnlimitedClaims(seen) });

/** A program with one guard less. */
export interface ProgramMutant {
  readonly repositories: () => ModelRepositories;
  /** What has to be broken by it, among whatever else is. */
  readonly rule: RegExp;
  /** Worlds in which it shows soonest; any without. */
  readonly kind?: WorldKind;
}

/** By what is missing. */
export const MUTANTS: Readonly<Record<string, ProgramMutant>> = {
  'the token of an outcome': { repositories: without({ outcomes: new TokenlessOutcomes() }), rule: /^I14/ },
  'the token in the reaper': {
    repositories: without({ leases: new TokenlessReaper() }),
    rule: /^I14/,
    kind: 'dozed',
  },
  'the lease of an intent': { repositories: without({ intents: new LeaselessIntents() }), rule: /^I14/ },
  'the pause and cancel that an intent asks for': {
    repositories: without({ intents: new GatelessIntents() }),
    rule: /^I16/,
  },
  'the lock under which an intent reads its schedule': {
    repositories: without({ intents: new UnlockedGates() }),
    rule: /^I16/,
    kind: 'raced',
  },
  'the lock of a lane': { repositories: without({ claims: new UnlockedClaims() }), rule: /^I18/ },
  'the instant that a claim waits for': { repositories: without({ claims: new HastyClaims() }), rule: /^I20/ },
  'the cap of a day': {
    repositories: unlimited(({ perDay }) => ({ perDay: perDay && perDay * 2 })),
    rule: /^I18.* on /,
  },
  'the distance between two calls': {
    repositories: unlimited(() => ({ minSpacingSeconds: 0 })),
    rule: /^I18.*two permits/,
  },
  'the limit of a contact': {
    repositories: unlimited(() => ({ perContactPerMinute: 60_000 })),
    rule: /^I18: a contact/,
    kind: 'crowded',
  },
  'the doubt of what expires': {
    repositories: without({ housekeeping: new ForgetfulExpiry() }),
    rule: /^I11.*expired/,
  },
  'the time that a receipt has': { repositories: without({ outcomes: new HastyRepetition() }), rule: /^I10.*began/ },
  'the time at which something is due': {
    repositories: without({ firing: new LateFiring() }),
    rule: /^I17/,
    kind: 'prompt',
  },
  'the respect of receipts for a call under way': {
    repositories: without({ receipts: new HastyReceipts() }),
    rule: /^I14/,
  },
  'the empty queue of a run that ends': { repositories: without({ finishing: new HastyFinishing() }), rule: /^I12/ },
  'the lane that a release wakes': {
    repositories: without({ outcomes: new SleepingLanes() }),
    rule: /^dispatch\.lanes-mended/,
  },
};
