import { Injectable } from '@nestjs/common';
import type { ScheduleStatus, ScheduleType } from '../../../core/scheduling/schedule-words.js';
import { ok, type Result } from '../../../core/values/result.js';
import type { Refusal } from '../../../core/values/refusal.js';
import { containsPattern } from '../../../core/values/search.js';
import { Clock } from '../../../platform/clock/clock.js';
import { isId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { idInCursor } from '../../../platform/graphql/id-cursor.js';
import {
  encodeCursor,
  toPage,
  type CursorScope,
  type Page,
  type PageRequest,
} from '../../../platform/graphql/pagination.js';
import { SchedulesRepository, type ScheduleCriteria } from '../persistence/schedules.repository.js';
import type { ScheduleRow } from './schedule-rows.js';

/** What a list of schedules is restricted to. */
export interface ScheduleFilter {
  /** Part of the name or description; case and accents do not matter. */
  readonly search?: string | null | undefined;
  readonly type?: ScheduleType | null | undefined;
  readonly statuses?: readonly ScheduleStatus[] | null | undefined;
  readonly channelId?: string | null | undefined;
  /** Named by the schedule, or a member of a group that it names. */
  readonly contactId?: string | null | undefined;
  readonly conversationId?: string | null | undefined;
  /** When it runs next, else when it ran last, else when it was made: from, inclusive, and to, exclusive. */
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

const EMPTY: Page<ScheduleRow> = {
  nodes: [],
  hasNextPage: false,
  endCursor: null,
  count: () => Promise.resolve(0),
};

/** Reads schedules, for this feature's API and for later features. */
@Injectable()
export class SchedulesService {
  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly clock: Clock,
  ) {}

  async find(scope: TenantScope, id: string): Promise<ScheduleRow | null> {
    return isId(id) ? this.schedules.find(scope, id) : null;
  }

  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, ScheduleRow>> {
    return this.schedules.findMany(scope, ids.filter(isId));
  }

  /** The newest first. */
  async list(
    scope: TenantScope,
    filter: ScheduleFilter,
    page: PageRequest,
  ): Promise<Result<Page<ScheduleRow>, Refusal>> {
    const cursorScope: CursorScope = { list: 'schedules', filter };
    const before = idInCursor(cursorScope, page.after, this.clock.nowMs());
    if (!before.ok) return before;
    const criteria = toCriteria(filter);
    if (criteria === null) return ok(EMPTY);
    const rows = await this.schedules.list(scope, criteria, before.value, page.first + 1);
    const cursorOf = (row: ScheduleRow) => encodeCursor(cursorScope, [row.id], this.clock.nowMs());
    return ok(toPage(rows, page, cursorOf, () => this.schedules.count(scope, criteria)));
  }

  /** The schedules that changed since a time, the most recent changes first; at most `limit`. */
  changedSince(scope: TenantScope, since: Date, limit: number): Promise<ScheduleRow[]> {
    return this.schedules.changedSince(scope, since, limit);
  }
}

/** null: nothing can match, because a text that can be no id names nothing. */
function toCriteria(filter: ScheduleFilter): ScheduleCriteria | null {
  const { type, statuses, channelId, contactId, conversationId, from, to } = filter;
  if ([channelId, contactId].some((id) => typeof id === 'string' && !isId(id))) return null;
  const pattern = containsPattern(filter.search);
  return {
    ...(pattern === undefined ? {} : { pattern }),
    ...(type ? { type } : {}),
    ...(statuses && statuses.length > 0 ? { statuses } : {}),
    ...(channelId ? { channelId } : {}),
    ...(contactId ? { contactId } : {}),
    ...(typeof conversationId === 'string' ? { conversationId } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  };
}
