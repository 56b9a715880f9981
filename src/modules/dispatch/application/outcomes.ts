import { Injectable } from '@nestjs/common';
import { decideOutcome, type CallOutcome, type OutcomeDecision } from '../../../core/dispatch/decide-outcome.js';
import type { SendOutcome } from '../../../core/gateway/send-outcome.js';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import { assertNever } from '../../../core/values/result.js';
import { Random } from '../../../platform/clock/clock.js';
import type { Sql } from '../../../platform/database/sql.js';
import { ChannelsService } from '../../channels/index.js';
import { LanesRepository } from '../../rate-limit/index.js';
import {
  OutcomesRepository,
  type AttemptEnd,
  type FinalOutcome,
  type WaitingOutcome,
} from '../persistence/outcomes.repository.js';
import { identified, type DeliveryIds, type NewVersion } from '../persistence/status-change.js';
import { Announcements } from './announcements.js';

/** Columns that a provider's text may fill; the rest is cut. */
const MAX_ERROR_LENGTH = 1_000;

/** A call, or the lack of one, with everything that is stored of it. */
export interface CallResult extends DeliveryIds {
  readonly token: number;
  readonly attempt: number;
  readonly attemptsBefore: number;
  readonly guarantee: 'at_most_once' | 'at_least_once';
  readonly retryPolicy: RetryPolicy;
  readonly idempotentGateway: boolean;
  /** See CallFacts. */
  readonly doubted: boolean;
  readonly settleMs: number;
  /** Status events may name the message by the gateway's id only. */
  readonly rememberGatewayId: boolean;
  readonly outcome: CallOutcome;
  readonly durationMs: number | null;
  /** When the outcome was known, on this process's monotonic clock; null: just now. */
  readonly knownAtMs: number | null;
  readonly text: string | null;
  readonly to: string | null;
  readonly variation: number | null;
  readonly nicknameUsed: string | null;
}

interface Decided {
  readonly result: CallResult;
  readonly decision: OutcomeDecision;
}

/** Records what calls came to, in batches and guarded: a row that somebody else moved meanwhile stays as it is. */
@Injectable()
export class Outcomes {
  constructor(
    private readonly repository: OutcomesRepository,
    private readonly lanes: LanesRepository,
    private readonly channels: ChannelsService,
    private readonly announcements: Announcements,
    private readonly random: Random,
  ) {}

  /**
   * `nowMs` is this process's monotonic clock. Writing the same results twice is writing them once. The returned
   * function announces the changes; it is for after the commit.
   */
  async write(sql: Sql, results: readonly CallResult[], nowMs: number): Promise<() => void> {
    if (results.length === 0) return () => undefined;
    const decided = results.map((result) => ({ result, decision: this.decide(result) }));
    const finals = decided.flatMap((item) => finalOutcome(item, nowMs));
    const finished = await this.finish(sql, finals);
    const waiting = decided.flatMap(waitingOutcome);
    const again = waiting.length === 0 ? [] : await this.repository.waitAgain(sql, waiting);
    await this.closeWhatHasTo(sql, decided);
    const statusOf = new Map(finals.map((outcome) => [outcome.deliveryId, outcome.status]));
    const outcomeOf = new Map(waiting.map((outcome) => [outcome.deliveryId, outcome]));
    const known = new Map(results.map((result) => [result.deliveryId, result]));
    return () => {
      const ended = identified(finished, known);
      this.announcements.finished(ended, 'SENDING', ({ deliveryId }) => statusOf.get(deliveryId) ?? 'sent');
      this.announcements.waiting(identified(again, known), 'SENDING', (deliveryId) => outcomeOf.get(deliveryId));
    };
  }

  private async finish(sql: Sql, finals: readonly FinalOutcome[]): Promise<NewVersion[]> {
    if (finals.length === 0) return [];
    const changes = await this.repository.finishSending(sql, finals);
    const found = new Set(changes.map((change) => change.deliveryId));
    const late = finals.filter((outcome) => outcome.status === 'sent' && !found.has(outcome.deliveryId));
    return late.length === 0 ? changes : [...changes, ...(await this.repository.settleLate(sql, late))];
  }

  private decide(result: CallResult): OutcomeDecision {
    const facts = {
      policy: result.retryPolicy,
      attempt: result.attempt - result.attemptsBefore,
      guarantee: result.guarantee,
      idempotentGateway: result.idempotentGateway,
      doubted: result.doubted,
      settleMs: result.settleMs,
    };
    return decideOutcome(result.outcome, facts, this.random.next());
  }

  private async closeWhatHasTo(sql: Sql, decided: readonly Decided[]): Promise<void> {
    const retries = decided.flatMap(({ result, decision }) =>
      decision.kind === 'retry' ? [{ result, decision }] : [],
    );
    const circuits = new Map(
      retries.flatMap(({ result, decision }) =>
        decision.circuit === null ? [] : [[result.channelId, { result, reason: decision.circuit }]],
      ),
    );
    for (const [channelId, { result, reason }] of circuits) {
      await this.channels.openCircuit(sql, result.tenantId, channelId, reason.slice(0, MAX_ERROR_LENGTH));
    }
    const holds = new Map<string, { tenantId: string; ms: number }>();
    for (const { result, decision } of retries) {
      const known = holds.get(result.channelId)?.ms ?? 0;
      if (decision.holdLaneMs > known)
        holds.set(result.channelId, { tenantId: result.tenantId, ms: decision.holdLaneMs });
    }
    for (const [channelId, { tenantId, ms }] of holds) await this.lanes.hold(sql, { tenantId, channelId }, ms);
  }
}

function attemptEnd(result: CallResult, code: string | null, message: string | null): AttemptEnd {
  return {
    tenantId: result.tenantId,
    deliveryId: result.deliveryId,
    token: result.token,
    attempt: result.attempt,
    outcome: ATTEMPT_OUTCOMES[result.outcome.kind],
    errorCode: code,
    errorMessage: message?.slice(0, MAX_ERROR_LENGTH) ?? null,
    durationMs: result.durationMs === null ? null : Math.round(result.durationMs),
  };
}

const ATTEMPT_OUTCOMES: Record<CallOutcome['kind'], string> = {
  accepted: 'accepted',
  rejected: 'rejected',
  notProcessed: 'not_processed',
  uncertain: 'uncertain',
  leaseExpired: 'lease_expired',
  notCalled: 'not_called',
};

function finalOutcome({ result, decision }: Decided, nowMs: number): FinalOutcome[] {
  switch (decision.kind) {
    case 'sent':
      return [final(result, 'sent', null, null, nowMs)];
    case 'failed':
    case 'uncertain':
      return [final(result, decision.kind, decision.code, decision.message, nowMs)];
    case 'repeatLater':
    case 'retry':
      return [];
    default:
      return assertNever(decision);
  }
}

function final(
  result: CallResult,
  status: FinalOutcome['status'],
  code: string | null,
  message: string | null,
  nowMs: number,
): FinalOutcome {
  const accepted: Partial<Extract<SendOutcome, { kind: 'accepted' }>> =
    result.outcome.kind === 'accepted' ? result.outcome : {};
  return {
    ...attemptEnd(result, code, message),
    status,
    agoMs: result.knownAtMs === null ? 0 : Math.max(0, nowMs - result.knownAtMs),
    address: result.to,
    content: result.text,
    variation: result.variation,
    nicknameUsed: result.nicknameUsed,
    gatewayMessageId: accepted.gatewayMessageId ?? null,
    gatewayResponse: accepted.response === undefined ? null : JSON.stringify(accepted.response),
    remember: result.rememberGatewayId,
  };
}

function waitingOutcome({ result, decision }: Decided): WaitingOutcome[] {
  switch (decision.kind) {
    case 'sent':
    case 'failed':
    case 'uncertain':
      return [];
    case 'repeatLater': {
      const end = attemptEnd(result, decision.code, decision.message);
      return [{ ...end, state: 'uncertain', waitReason: 'retry', delayMs: decision.delayMs, free: false }];
    }
    case 'retry': {
      const end = attemptEnd(result, decision.code, decision.message);
      const waitReason = decision.delayMs > 0 ? 'retry' : 'none';
      return [{ ...end, state: 'pending', waitReason, delayMs: decision.delayMs, free: decision.free }];
    }
    default:
      return assertNever(decision);
  }
}
