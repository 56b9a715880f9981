import { Injectable } from '@nestjs/common';
import { checkReference } from '../../../core/scheduling/check-schedule.js';
import { TEXT_LIMITS } from '../../../core/scheduling/check-texts.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { conflict, type Refusal } from '../../../core/values/refusal.js';
import type { Tx } from '../../../platform/database/database.js';
import { violatedUnique } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { MessagesService, type MessageDraft } from '../../messages/index.js';
import { RunsRepository, type FirstRun } from '../persistence/runs.repository.js';
import { SchedulesRepository, type KnownRequest, type NewSchedule } from '../persistence/schedules.repository.js';
import { TargetsRepository } from '../persistence/targets.repository.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';
import type { ScheduleRow } from './schedule-rows.js';

/** A request as it is recognised when it comes again: by the client's own id for it, and by what it asked for. */
export interface RequestIdentity {
  readonly clientReference?: string | null | undefined;
  readonly clientMessageId?: string | null | undefined;
  readonly hash: Buffer;
}

/** Whom a new schedule is for; ids that are known to exist. */
export interface NewTargets {
  readonly contactIds: readonly string[];
  readonly groupIds: readonly string[];
}

const REFERENCE_INDEXES = new Set(['schedules_client_reference', 'schedules_client_message']);

/** Stores new schedules, each request of a client once. */
@Injectable()
export class ScheduleWriter {
  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly targets: TargetsRepository,
    private readonly runs: RunsRepository,
    private readonly messages: MessagesService,
    private readonly announcements: ScheduleAnnouncements,
  ) {}

  /**
   * Does `make`, unless the client's id for the request is known: then `repeat` answers for the schedule that was made,
   * or it is a conflict because something else was asked for. Of two requests at once, the unique index stops one, which
   * then finds what the other made.
   */
  async once<T>(
    scope: TenantScope,
    identity: RequestIdentity,
    repeat: (row: ScheduleRow) => Promise<T>,
    make: () => Promise<Result<T, Refusal>>,
  ): Promise<Result<T, Refusal>> {
    const known = await this.findKnown(scope, identity);
    if (known) return this.answerAgain(scope, known, identity, repeat);
    try {
      return await make();
    } catch (error) {
      if (!REFERENCE_INDEXES.has(violatedUnique(error) ?? '')) throw error;
      const first = await this.findKnown(scope, identity);
      if (!first) throw error;
      return this.answerAgain(scope, first, identity, repeat);
    }
  }

  /** Stores a checked message and returns its id. */
  async storeMessage(tx: Tx, scope: TenantScope, message: MessageDraft | null, isImplicit: boolean): Promise<string> {
    if (message === null) throw new Error('a request without a message passed its checks');
    return (await this.messages.insert(tx, scope, message, { implicit: isImplicit })).id;
  }

  /**
   * Stores a schedule with its targets, and the run that it has at once. All statements are sent before this returns its
   * promise, so the caller may send more that stand on them.
   */
  async store(
    tx: Tx,
    scope: TenantScope,
    columns: NewSchedule,
    { contactIds, groupIds }: NewTargets,
    run: Omit<FirstRun, 'scheduleId'> | null,
  ): Promise<ScheduleRow> {
    const scheduleId = columns.id;
    const [schedule] = await Promise.all([
      this.schedules.insert(tx, scope, columns),
      this.targets.addContacts(tx, scope, scheduleId, contactIds),
      this.targets.addGroups(tx, scope, scheduleId, groupIds),
      run === null || this.runs.insertFirst(tx, scope, { ...run, scheduleId }),
    ]);
    return schedule;
  }

  /** Tells, after commit, that there is a new schedule. */
  announceNew(scope: TenantScope, scheduleId: string): void {
    this.announcements.changed([{ tenantId: scope.tenantId, scheduleId, version: 1 }]);
    this.announcements.somethingToFire();
  }

  private async reread(scope: TenantScope, scheduleId: string): Promise<ScheduleRow> {
    const row = await this.schedules.find(scope, scheduleId);
    if (!row) throw new Error('a schedule that was just stored cannot be read');
    return row;
  }

  private async answerAgain<T>(
    scope: TenantScope,
    known: KnownRequest,
    { hash }: RequestIdentity,
    repeat: (row: ScheduleRow) => Promise<T>,
  ): Promise<Result<T, Refusal>> {
    if (known.requestHash?.equals(hash) !== true) {
      return err(conflict('Something else was asked for with this id before.', { scheduleId: known.id }));
    }
    return ok(await repeat(await this.reread(scope, known.id)));
  }

  private async findKnown(scope: TenantScope, identity: RequestIdentity): Promise<KnownRequest | null> {
    const { clientReference, clientMessageId } = identity;
    // An id that breaks the rules has made nothing, and might not even be a text that the database takes.
    if (isUsable(clientReference, TEXT_LIMITS.clientReference)) {
      return this.schedules.findByReference(scope, clientReference);
    }
    if (isUsable(clientMessageId, TEXT_LIMITS.clientMessageId)) {
      return this.schedules.findByClientMessageId(scope, clientMessageId);
    }
    return null;
  }
}

function isUsable(reference: string | null | undefined, limit: number): reference is string {
  return typeof reference === 'string' && checkReference('', reference, limit).length === 0;
}
