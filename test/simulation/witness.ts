import type { DeliveryState } from '../../src/core/delivery/delivery-state.js';
import { DELIVERY_TRANSITIONS } from '../../src/core/delivery/delivery-state.js';
import { PERMIT_LIFE_MS } from '../../src/core/dispatch/permit-life.js';
import type { LedgerCall, ModelProvider } from './model/model-gateway.js';
import type { ModelDatabaseClock } from './model/model-clock.js';
import type { ModelPeople } from './model/model-people.js';
import {
  attemptKey,
  type ModelAttempt,
  type ModelQueueRow,
  type ModelRun,
  type ModelSchedule,
  type ModelTables,
} from './model/model-rows.js';
import type { CommittedChange } from './model/model-store.js';
import type { Scenario } from './scenario.js';
import { judgeEnd } from './judge-end.js';

/** What a sound program never logs: each is a safety net that had to catch something. */
const NETS = ['dispatch.orphans-adopted', 'dispatch.lanes-mended'];

const LONGEST_TRANSACTION_US = 1_000_000;

/** Watches every commit and every call while the world runs, and judges it at its end. */
export class Witness {
  private readonly violations: string[] = [];
  private readonly states = new Map<string, DeliveryState>();
  private readonly runsMadeUs = new Map<string, number>();

  constructor(
    private readonly tables: ModelTables,
    private readonly provider: ModelProvider,
    private readonly clock: ModelDatabaseClock,
  ) {}

  /** Everything that a commit changed. */
  committed(changes: readonly CommittedChange[], commit: number): void {
    const touched = new Set<string>();
    for (const { table, key, before, after } of changes) {
      if ((table as object) === this.tables.queue)
        this.left(before as ModelQueueRow | null, after as ModelQueueRow | null);
      if ((table as object) === this.tables.deliveries || (table as object) === this.tables.queue) touched.add(key);
      if ((table as object) === this.tables.attempts) {
        if (before === null) this.intended(after as ModelAttempt, commit);
        else this.answered(after as ModelAttempt);
      }
      if ((table as object) === this.tables.runs) {
        if (before === null) this.runsMadeUs.set(key, this.clock.nowUs());
        else this.ended(after as ModelRun);
      }
      if ((table as object) === this.tables.schedules && before !== null) {
        this.advanced(before as ModelSchedule, after as ModelSchedule);
      }
    }
    for (const id of touched) this.moved(id);
  }

  /** The database crashed: what was lost is no move of anybody. */
  crashed(): void {
    this.states.clear();
    for (const { id } of this.tables.deliveries.committed()) this.states.set(id, this.stateOf(id));
  }

  /** I15: in a calm world no transaction takes a second. */
  transaction(us: number, isCalm: boolean): void {
    if (isCalm && us > LONGEST_TRANSACTION_US) this.note(`I15: a transaction was open for ${us} µs`);
  }

  /** I8, I14, I15: a call has its committed attempt, nobody else has moved the delivery, and no transaction waits for it. */
  called(call: LedgerCall): void {
    if (call.inTransaction) this.note(`I15: call ${nameOf(call)} inside a transaction`);
    const attempt = this.tables.attempts.committedAt(attemptKey(call.deliveryId, call.attempt));
    if (!attempt) return this.note(`I8: call ${nameOf(call)} without a committed intent`);
    if (attempt.finishedUs !== null)
      this.note(`I14: call ${nameOf(call)} after its attempt was ended by somebody else`);
    if (this.provider.calls.some((other) => other !== call && nameOf(other) === nameOf(call))) {
      this.note(`I8: two calls of ${nameOf(call)}`);
    }
  }

  logged(event: string, facts: object): void {
    if (NETS.includes(event)) this.note(`${event} ${JSON.stringify(facts)}`);
  }

  /** Something that must not be. */
  note(violation: string): void {
    if (this.violations.length < 20) this.violations.push(violation);
  }

  verdict(
    isAtRest: boolean,
    { resent, marked }: ModelPeople,
    scenario: Scenario,
    scheduleIds: readonly string[],
  ): readonly string[] {
    const { tables, provider, clock, runsMadeUs } = this;
    const ended = { tables, provider, clock, runsMadeUs, isAtRest, resent, marked, scenario, scheduleIds };
    return [...this.violations, ...judgeEnd({ ...ended, slackMs: PERMIT_LIFE_MS })];
  }

  /** I16: an intent is never committed after the pause or cancel of its schedule, or of its channel. */
  private intended({ deliveryId, number }: ModelAttempt, commit: number): void {
    const row = this.tables.queue.committedAt(deliveryId);
    if (!row) return;
    const status = this.tables.schedules.committedAt(row.scheduleId)?.status;
    if (status === 'PAUSED' || status === 'CANCELLED') {
      this.note(`I16: intent ${deliveryId}#${number} committed (${commit}) while its schedule was ${status}`);
    }
    const channel = this.tables.channels.committedAt(row.channelId)?.status;
    if (channel !== 'ACTIVE') this.note(`I16: intent ${deliveryId}#${number} while its channel was ${channel}`);
  }

  /** I14: whoever moves a delivery out of a call has ended that call's attempt. */
  private left(before: ModelQueueRow | null, after: ModelQueueRow | null): void {
    if (before?.state !== 'sending' || after?.state === 'sending') return;
    const attempt = this.tables.attempts.committedAt(attemptKey(before.deliveryId, before.attempt));
    if (attempt?.finishedUs === null) this.note(`I14: ${before.deliveryId} left its call ${before.attempt} unfinished`);
  }

  /** I14: nobody ends an attempt whose worker still has its lease. */
  private answered({ deliveryId, number, token, outcome, finishedUs }: ModelAttempt): void {
    const lease = this.tables.leases.committedAt(String(token));
    if (outcome !== 'lease_expired' || lease === null || lease.untilUs < (finishedUs ?? 0)) return;
    this.note(`I14: ${deliveryId}#${number} was taken from the holder of a lease that stands`);
  }

  /** I12: a run that is over has nothing left to do. */
  private ended({ id, status }: ModelRun): void {
    if (status === 'CREATED' || status === 'RUNNING') return;
    const left = this.tables.queue.committed().filter((row) => row.runId === id);
    if (left.length > 0) this.note(`I12: run ${id} is ${status} and ${left.length} of its deliveries are in the queue`);
  }

  /** I3, I6: a schedule goes forwards only, and never past its bounds. */
  private advanced(before: ModelSchedule, after: ModelSchedule): void {
    if (after.version <= before.version)
      this.note(`I3: the version of ${after.id} went from ${before.version} to ${after.version}`);
    if (before.nextRunUs !== null && after.nextRunUs !== null && after.nextRunUs < before.nextRunUs) {
      this.note(`I3: the next run of ${after.id} went back`);
    }
    if (after.maxRuns !== null && after.runCount > after.maxRuns)
      this.note(`I6: ${after.id} ran ${after.runCount} times`);
  }

  /** I13: only the moves that there are. */
  private moved(id: string): void {
    const from = this.states.get(id);
    const to = this.stateOf(id);
    this.states.set(id, to);
    if (from === undefined || from === to) return;
    const moves: Record<DeliveryState, readonly DeliveryState[]> = DELIVERY_TRANSITIONS;
    // An uncertain delivery that is repeated is taken in one step: it waits again and is claimed.
    const isRepeat = from === 'uncertain' && to === 'claimed';
    if (!moves[from].includes(to) && !isRepeat) this.note(`I13: ${id} went from ${from} to ${to}`);
  }

  private stateOf(id: string): DeliveryState {
    const log = this.tables.deliveries.committedAt(id)?.status ?? 'pending';
    const queued = this.tables.queue.committedAt(id)?.state;
    return queued ?? log;
  }
}

function nameOf({ deliveryId, attempt }: LedgerCall): string {
  return `${deliveryId}#${attempt}`;
}
