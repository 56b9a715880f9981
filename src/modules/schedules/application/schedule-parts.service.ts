import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import { Clock } from '../../../platform/clock/clock.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { idInCursor } from '../../../platform/graphql/id-cursor.js';
import {
  decodeCursor,
  encodeCursor,
  toPage,
  type CursorScope,
  type Page,
  type PageRequest,
} from '../../../platform/graphql/pagination.js';
import { RunsRepository } from '../persistence/runs.repository.js';
import { TargetsRepository } from '../persistence/targets.repository.js';
import type { ScheduleRunRow } from './schedule-rows.js';

type Uncounted<T> = Omit<Page<T>, 'count'>;

/** Runs and targets of schedules: each method reads for many schedules with one statement. */
@Injectable()
export class SchedulePartsService {
  constructor(
    private readonly runsRepository: RunsRepository,
    private readonly targets: TargetsRepository,
    private readonly clock: Clock,
  ) {}

  /** The due time before which a page of a schedule's runs starts; null for the first page. */
  runsBefore(scheduleId: string, page: PageRequest): Result<Date | null, Refusal> {
    const key = decodeCursor(runsCursor(scheduleId), page.after, 1, this.clock.nowMs());
    if (!key.ok) return key;
    const [text] = key.value ?? [];
    if (text === undefined) return ok(null);
    const dueAt = new Date(text);
    // Cursors are opaque but not signed.
    if (Number.isNaN(dueAt.getTime())) {
      return err(invalid([{ field: 'after', message: 'is not a cursor of this list', rule: 'cursor.malformed' }]));
    }
    return ok(dueAt);
  }

  /** One page of runs for each schedule, the newest first. */
  async runs(
    scope: TenantScope,
    scheduleIds: readonly string[],
    before: Date | null,
    first: number,
  ): Promise<Map<string, Uncounted<ScheduleRunRow>>> {
    const rows = await this.runsRepository.pages(scope, scheduleIds, before, first + 1);
    return pages(scheduleIds, rows, first, (scheduleId, row) =>
      encodeCursor(runsCursor(scheduleId), [row.dueAt.toISOString()], this.clock.nowMs()),
    );
  }

  /** How many runs each schedule has; one without any is left out. */
  runCounts(scope: TenantScope, scheduleIds: readonly string[]): Promise<Map<string, number>> {
    return this.runsRepository.counts(scope, scheduleIds);
  }

  /** The contact after which a page of a schedule's target contacts starts; null for the first page. */
  contactsAfter(scheduleId: string, page: PageRequest): Result<string | null, Refusal> {
    return idInCursor(contactsCursor(scheduleId), page.after, this.clock.nowMs());
  }

  /** One page of the ids of the contacts that each schedule names. */
  async contactIds(
    scope: TenantScope,
    scheduleIds: readonly string[],
    afterId: string | null,
    first: number,
  ): Promise<Map<string, Uncounted<string>>> {
    const ids = await this.targets.contactPages(scope, scheduleIds, afterId, first + 1);
    return pages(scheduleIds, ids, first, (scheduleId, id) =>
      encodeCursor(contactsCursor(scheduleId), [id], this.clock.nowMs()),
    );
  }

  /** How many contacts each schedule names; one that names none is left out. */
  contactCounts(scope: TenantScope, scheduleIds: readonly string[]): Promise<Map<string, number>> {
    return this.targets.contactCounts(scope, scheduleIds);
  }

  /** The ids of the groups that each schedule names; one that names none is left out. */
  groupIds(scope: TenantScope, scheduleIds: readonly string[]): Promise<Map<string, string[]>> {
    return this.targets.groupIds(scope, scheduleIds);
  }
}

function pages<Row>(
  scheduleIds: readonly string[],
  rows: ReadonlyMap<string, readonly Row[]>,
  first: number,
  cursorOf: (scheduleId: string, row: Row) => string,
): Map<string, Uncounted<Row>> {
  const uncounted = () => Promise.resolve(0);
  return new Map(
    scheduleIds.map((scheduleId) => [
      scheduleId,
      toPage(rows.get(scheduleId) ?? [], { first }, (row) => cursorOf(scheduleId, row), uncounted),
    ]),
  );
}

function runsCursor(scheduleId: string): CursorScope {
  return { list: 'schedule-runs', filter: { scheduleId } };
}

function contactsCursor(scheduleId: string): CursorScope {
  return { list: 'schedule-targets', filter: { scheduleId } };
}
