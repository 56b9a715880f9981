import { Injectable } from '@nestjs/common';
import { MAX_TARGETS } from '../../../core/scheduling/check-schedule.js';
import { normalisedText } from '../../../core/scheduling/check-texts.js';
import { CREATE_DEFAULTS } from '../../../core/scheduling/request-defaults.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { LastStatements } from '../../../platform/database/in-transaction.js';
import { newId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { NewSchedule } from '../persistence/schedules.repository.js';
import { searchTextOf } from './schedule-columns.js';
import { ScheduleReferences } from './schedule-references.js';
import { ScheduleRequestChecker, type CheckedRequest } from './schedule-request-checker.js';
import { requestHash, type CreateScheduleRequest } from './schedule-request.js';
import type { ScheduleRow } from './schedule-rows.js';
import { ScheduleWriter } from './schedule-writer.js';

/** Makes schedules. */
@Injectable()
export class CreateScheduleService {
  constructor(
    private readonly database: Database,
    private readonly checker: ScheduleRequestChecker,
    private readonly references: ScheduleReferences,
    private readonly writer: ScheduleWriter,
  ) {}

  /**
   * A new schedule, with an inline message and, when it is IMMEDIATE, its run, in one transaction; or the one that the
   * same request with the same clientReference made before. `raw` is the input as it came, `shape` what was found wrong
   * with it so far: everything is told at once.
   */
  async create(
    scope: TenantScope,
    request: CreateScheduleRequest,
    raw: unknown,
    shape: readonly Violation[],
  ): Promise<Result<ScheduleRow, Refusal>> {
    const hash = requestHash(raw, CREATE_DEFAULTS);
    return this.writer.once(
      scope,
      { clientReference: request.clientReference, hash },
      (row) => Promise.resolve(row),
      async () => {
        const checked = await this.checker.check(scope, request, raw, shape);
        const made = await this.database.transaction((tx) => this.store(tx, scope, request, checked, hash));
        if (!made.ok) return made;
        this.writer.announceNew(scope, made.value.id);
        return made;
      },
    );
  }

  private async store(
    tx: Tx,
    scope: TenantScope,
    request: CreateScheduleRequest,
    checked: CheckedRequest,
    hash: Buffer,
  ): Promise<Result<ScheduleRow, Refusal> | LastStatements<Result<ScheduleRow, Refusal>>> {
    const contactIds = (request.targetContactIds ?? []).slice(0, MAX_TARGETS);
    const groupIds = (request.targetGroupIds ?? []).slice(0, MAX_TARGETS);
    const { channel, retryPolicy, existing } = checked;
    const gone = await Promise.all([
      channel === null ? [] : this.references.keepChannel(tx, scope, channel.id),
      this.references.contactViolations(tx, scope, 'input.targetContactIds', contactIds),
      this.references.groupViolations(tx, scope, groupIds),
    ]);
    const violations = [...checked.violations, ...gone.flat()];
    if (violations.length === 0) violations.push(...(await this.checker.checkRoom(scope, request, checked, tx)));
    const isComplete = channel !== null && retryPolicy !== null;
    if (violations.length > 0 || !isComplete) return err(invalid(violations));
    const messageId = existing?.id ?? (await this.writer.storeMessage(tx, scope, checked.message, false));
    const columns: NewSchedule = {
      ...columnsOf(request, checked),
      id: newId(),
      messageId,
      channelId: channel.id,
      retryPolicy,
      requestHash: hash,
      createdBy: scope.actor,
    };
    const hasRun = request.type === 'IMMEDIATE' || request.type === 'CAMPAIGN';
    const run = hasRun ? { runId: newId(), dueAt: checked.now, isMaterialised: false } : null;
    const stored = this.writer.store(tx, scope, columns, { contactIds, groupIds }, run);
    return new LastStatements(stored.then((schedule) => ok(schedule)));
  }
}

function columnsOf(request: CreateScheduleRequest, { now, nextRunAt, timeZone, campaign }: CheckedRequest) {
  const isImmediate = request.type === 'IMMEDIATE';
  const name = normalisedText(request.name);
  const description = request.description ?? null;
  return {
    name,
    description,
    searchText: searchTextOf(name, description),
    type: request.type,
    status: isImmediate ? ('PROCESSING' as const) : ('PENDING' as const),
    scheduledAt: request.scheduledAt ?? null,
    cronExpression: request.cronExpression ?? null,
    timeZone,
    startsAt: request.startsAt ?? null,
    endsAt: request.endsAt ?? null,
    maxRuns: request.maxRuns ?? null,
    misfirePolicy: request.misfirePolicy ?? ('LATEST' as const),
    misfireGraceSeconds: request.misfireGraceSeconds ?? null,
    priority: request.priority ?? 0,
    useNicknames: request.useNicknames ?? true,
    respectRateLimit: request.respectRateLimit ?? true,
    guarantee: request.guarantee ?? ('AT_MOST_ONCE' as const),
    expiresAfterSeconds: request.expiresAfterSeconds ?? null,
    clientReference: request.clientReference ?? null,
    clientMessageId: null,
    campaign,
    perContactTimeZone: request.perContactTimeZone ?? false,
    isTest: false,
    conversationId: request.conversationId ?? null,
    privateNote: request.privateNote ?? false,
    nextRunAt: nextRunAt === null ? null : new Date(nextRunAt),
    lastRunAt: isImmediate ? new Date(now) : null,
    runCount: isImmediate ? 1 : 0,
  };
}
