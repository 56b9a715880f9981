import fc from 'fast-check';
import type { CallOutcome } from '../../../src/core/dispatch/decide-outcome.js';
import type { StatusEventKind } from '../../../src/core/gateway/send-outcome.js';
import type { ArrivingEvent } from '../../../src/modules/delivery-logs/application/status-event-applier.js';
import type { ClaimedDelivery, IntendedDelivery } from '../../../src/modules/dispatch/dispatch-types.js';
import type { ClaimedOutcome, Release } from '../../../src/modules/dispatch/persistence/outcomes.repository.js';
import { openVirtualDatabase, type VirtualDatabase } from '../../support/virtual-clock.js';
import { TENANT } from '../model/model-rows.js';
import { copyWorld } from './copy-world.js';
import { ModelSide } from './model-side.js';
import { resultOf, written, type Side } from './side.js';
import { SqlSide } from './sql-side.js';

/** A part of what the program does, one after the other. What two do at once is the matter of model-sessions.int-spec.ts. */
type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'fire' | 'materialise' | 'claim' | 'intend' | 'reap' | 'expire' | 'finish' }
  | { readonly do: 'call'; readonly outcome: CallOutcome }
  | { readonly do: 'giveBack'; readonly delay: Release['delay'] }
  | { readonly do: 'endClaimed'; readonly status: ClaimedOutcome['status']; readonly doubted: boolean }
  | { readonly do: 'park' | 'unpark' | 'cancel' | 'askCancel'; readonly schedule: number }
  | { readonly do: 'receive'; readonly kind: StatusEventKind; readonly nth: number; readonly byId: boolean };

const OUTCOMES: readonly CallOutcome[] = [
  { kind: 'accepted', gatewayMessageId: null },
  { kind: 'uncertain', reason: 'No answer.' },
  { kind: 'notProcessed', reason: 'Busy.', retryAfterMs: 3_000 },
  { kind: 'rejected', class: 'recipient', code: 'NO_SUCH', detail: 'Not on it.', scope: 'message' },
  { kind: 'rejected', class: 'transient', code: 'LATER', detail: 'Later.', scope: 'message' },
  { kind: 'notCalled' },
];

const plain = (name: 'fire' | 'materialise' | 'claim' | 'intend' | 'reap' | 'expire' | 'finish') =>
  fc.constant<Step>({ do: name });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 500, 5_000, 40_000) }) },
  { weight: 2, arbitrary: plain('fire') },
  { weight: 3, arbitrary: plain('materialise') },
  { weight: 5, arbitrary: plain('claim') },
  { weight: 5, arbitrary: plain('intend') },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('call' as const), outcome: fc.constantFrom(...OUTCOMES) }) },
  { weight: 1, arbitrary: plain('reap') },
  { weight: 1, arbitrary: plain('expire') },
  { weight: 1, arbitrary: plain('finish') },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('giveBack' as const),
      delay: fc.constantFrom<Release['delay'][]>(null, 2_000, 'parked'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('endClaimed' as const),
      status: fc.constantFrom<ClaimedOutcome['status'][]>('suppressed', 'failed', 'cancelled', 'expired'),
      doubted: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom<('park' | 'unpark' | 'cancel' | 'askCancel')[]>('park', 'unpark', 'cancel', 'askCancel'),
      schedule: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('receive' as const),
      kind: fc.constantFrom<StatusEventKind[]>('SENT', 'DELIVERED', 'READ', 'FAILED'),
      nth: fc.nat(5),
      byId: fc.boolean(),
    }),
  },
);

const START_MS = Date.parse('2026-06-15T12:00:00.000Z');
const WORKER = '00000000-0000-7000-8000-0000000000aa';

/** Plays the steps on one side, and tells after each what is stored. */
class Player {
  private claimed: ClaimedDelivery[] = [];
  private intended: IntendedDelivery[] = [];
  private serial = 0;

  constructor(
    private readonly side: Side,
    private readonly scheduleIds: readonly string[],
    private readonly channelId: string,
  ) {}

  async play(what: Step): Promise<unknown> {
    const { services, database, repositories } = this.side;
    switch (what.do) {
      case 'wait':
        return null;
      case 'fire':
        return (await services.firer.fireBatch()).createdRuns;
      case 'materialise':
        return (await services.materialiser.runOnce())?.queued ?? null;
      case 'claim': {
        const { taken, nextOpenInMs } = await services.claimer.claim(WORKER, [], () => 2);
        this.claimed.push(...taken);
        return [await this.named(taken), nextOpenInMs];
      }
      case 'intend': {
        const batch = this.claimed.splice(0, 2).map(written);
        if (batch.length === 0) return null;
        const { intended, released, finished } = await services.intents.commit(batch, WORKER, 25_000);
        this.intended.push(...intended);
        await services.releases.write(database, [
          ...released.map((release) => ({ ...release, channelId: this.channelId, release })),
          ...finished.map((finish) => ({ ...finish, channelId: this.channelId, finish: [finish] })),
        ]);
        return [await this.named(intended), await this.named(released), await this.named(finished)];
      }
      case 'call': {
        const delivery = this.intended.shift();
        if (!delivery) return null;
        const outcome: CallOutcome =
          what.outcome.kind === 'accepted'
            ? { ...what.outcome, gatewayMessageId: `m${(this.serial += 1)}` }
            : what.outcome;
        await services.outcomes.write(database, [resultOf(delivery, outcome)], 0);
        return null;
      }
      case 'giveBack': {
        const delivery = this.claimed.shift();
        if (!delivery) return null;
        const { tenantId, deliveryId, token, channelId } = delivery;
        const release = { tenantId, deliveryId, token, delay: what.delay };
        return (await services.releases.write(database, [{ ...release, channelId, release }])).ended.size;
      }
      case 'endClaimed': {
        const delivery = this.claimed.shift();
        if (!delivery) return null;
        const { tenantId, deliveryId, token } = delivery;
        const { status, doubted } = what;
        const outcome = { tenantId, deliveryId, token, status, doubted, errorCode: null, errorMessage: null };
        return (await repositories.outcomes.finishClaimed(database, [outcome])).map((change) => change.status);
      }
      case 'reap':
        return services.reaper.runOnce();
      case 'expire':
        return (await repositories.housekeeping.expire(database, 10)).map((change) => change.status).sort();
      case 'finish':
        return this.finish();
      case 'park':
      case 'unpark':
        return this.park(what);
      case 'cancel':
      case 'askCancel':
        return this.cancel(what);
      case 'receive':
        return this.receive(what);
    }
  }

  private async named(rows: readonly { readonly deliveryId: string }[]): Promise<string[]> {
    const names = await this.side.names();
    return rows.map((row) => names.get(row.deliveryId) ?? '').sort();
  }

  private async finish(): Promise<unknown> {
    const { repositories, database, services } = this.side;
    const runs = await repositories.finishing.sweepPage(database, '00000000-0000-0000-0000-000000000000', 50);
    return services.finisher.finish(runs.filter((run) => run.isDone));
  }

  private async park(what: Extract<Step, { do: 'park' | 'unpark' | 'cancel' | 'askCancel' }>): Promise<unknown> {
    const scheduleId = this.scheduleIds[what.schedule] as string;
    const { parking } = this.side.repositories;
    const key = { tenantId: TENANT, scheduleId };
    return this.side.database.transaction((tx) =>
      what.do === 'park' ? parking.park(tx, key, 50) : parking.unpark(tx, key, 50),
    );
  }

  private async cancel(what: Extract<Step, { do: 'park' | 'unpark' | 'cancel' | 'askCancel' }>): Promise<unknown> {
    const { cancelling } = this.side.repositories;
    const { database } = this.side;
    const runs = await cancelling.unfinishedRuns(database, TENANT, this.scheduleIds[what.schedule] as string);
    const counts: number[] = [];
    for (const run of runs) {
      if (what.do === 'askCancel') counts.push(await cancelling.askClaimed(database, run, 50));
      else counts.push((await cancelling.cancelPending(database, run, 1)).length);
      if (what.do === 'cancel') counts.push(await cancelling.releaseUncertain(database, run, 50));
    }
    return counts;
  }

  private async receive(what: Extract<Step, { do: 'receive' }>): Promise<unknown> {
    const names = [...(await this.side.names())].sort(([, a], [, b]) => (a < b ? -1 : 1));
    const [id] = names[what.nth % Math.max(1, names.length)] ?? [];
    if (id === undefined) return null;
    const event: ArrivingEvent = {
      tenantId: TENANT,
      channelId: this.channelId,
      eventKey: `${what.nth}:${what.kind}:${what.byId}`,
      claimedDeliveryId: what.byId ? null : id,
      gatewayMessageId: what.byId ? `m${what.nth}` : null,
      kind: what.kind,
      occurredAt: new Date(START_MS),
      errorCode: null,
      errorMessage: null,
    };
    return (await this.side.services.applier.store([event])).length;
  }
}

describe('the model of the simulation', () => {
  let database: VirtualDatabase;
  let sql: SqlSide;

  beforeAll(async () => {
    database = await openVirtualDatabase();
    sql = new SqlSide(database.url);
  });

  afterAll(async () => {
    await sql.database.close();
    await database.close();
  });

  it('does what PostgreSQL does, statement by statement', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(step, { minLength: 20, maxLength: 60 }), async (entropy, steps) => {
        const model = new ModelSide();
        let nowMs = START_MS;
        const setNow = async (): Promise<void> => {
          model.nowUs = nowMs * 1_000;
          await database.setNow(nowMs);
        };
        await setNow();
        const { scheduleIds, channelId } = await copyWorld(model, sql.database, entropy, nowMs);
        sql.services.token = 0;
        const onModel = new Player(model, scheduleIds, channelId);
        const onSql = new Player(sql, scheduleIds, channelId);
        for (const what of steps) {
          if (what.do === 'wait') nowMs += what.ms;
          await setNow();
          expect(await onModel.play(what)).toEqual(await onSql.play(what));
          expect(ordered(await model.dump())).toEqual(ordered(await sql.dump()));
        }
      }),
      { numRuns: 25, seed: 20_261_121 },
    );
  }, 300_000);
});

/** Rows in an order that both sides have. */
function ordered(dump: unknown): unknown {
  return Object.fromEntries(
    Object.entries(dump as Record<string, object[]>).map(([table, rows]) => [
      table,
      [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    ]),
  );
}
