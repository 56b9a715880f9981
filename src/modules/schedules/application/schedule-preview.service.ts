import { Injectable } from '@nestjs/common';
import { parseCron } from '../../../core/recurrence/cron-expression.js';
import type { DescribedOccurrence } from '../../../core/recurrence/describe-occurrence.js';
import { nextRuns } from '../../../core/recurrence/next-occurrence.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { CampaignWhatIf } from './campaign-what-if.js';
import { describeRuns } from './next-runs.service.js';
import { PlanForecast } from './plan-forecast.js';
import { PreviewWriter, type Preview } from './preview-writer.js';
import { ScheduleReferences } from './schedule-references.js';
import { ScheduleRequestChecker, type CheckedRequest } from './schedule-request-checker.js';
import type { CreateScheduleRequest } from './schedule-request.js';

/** Runs of a recurring schedule that are shown. */
const RUNS_SHOWN = 12;

/** Shows what a schedule would do, by everything that would do it, and stores nothing. */
@Injectable()
export class SchedulePreviewService {
  constructor(
    private readonly checker: ScheduleRequestChecker,
    private readonly references: ScheduleReferences,
    private readonly forecast: PlanForecast,
    private readonly whatIf: CampaignWhatIf,
    private readonly writer: PreviewWriter,
  ) {}

  /** What createSchedule would refuse is refused here in the same words. */
  async preview(
    scope: TenantScope,
    request: CreateScheduleRequest,
    raw: unknown,
    shape: readonly Violation[],
  ): Promise<Result<Preview, Refusal>> {
    const checked = await this.checker.check(scope, request, raw, shape);
    const violations = [...checked.violations, ...(await this.checker.checkTargets(scope, request))];
    if (violations.length === 0) {
      violations.push(...(await this.checker.checkPreviewSize(scope, request)));
      violations.push(...(await this.checker.checkRoom(scope, request, checked)));
    }
    const message = checked.existing ?? checked.message;
    if (violations.length > 0 || message === null) return err(invalid(violations));
    const plan = await this.forecast.plan(scope, request, checked);
    const runs = runsOf(request, checked);
    const seed = checked.campaign?.seed ?? null;
    return ok(this.writer.write({ message, useNicknames: request.useNicknames ?? true, plan, runs, seed }));
  }

  /** What an edit of a campaign would do to all of it that has not gone; of the request only its campaign counts. */
  async previewEdit(
    scope: TenantScope,
    scheduleId: string,
    request: CreateScheduleRequest,
    shape: readonly Violation[],
  ): Promise<Result<Preview, Refusal>> {
    const found = await this.whatIf.plan(scope, scheduleId, request.campaign, shape);
    if (!found.ok) return found;
    const { row, settings, plan } = found.value;
    const message = await this.references.storedMessage(scope, row.messageId);
    const { useNicknames } = row;
    return ok(this.writer.write({ message, useNicknames, plan, runs: [], seed: settings.seed }));
  }

  /** What a person should know before confirming what a preview shows. */
  warnings(scope: TenantScope, preview: Preview): Promise<readonly string[]> {
    return this.writer.warnings(scope, preview);
  }
}

/** The next runs of a schedule that recurs, within its bounds; the one run of any other that has an instant. */
function runsOf(request: CreateScheduleRequest, { nextRunAt, zone }: CheckedRequest): DescribedOccurrence[] {
  if (nextRunAt === null || zone === null) return [];
  const expression = request.cronExpression ? parseCron(request.cronExpression) : null;
  if (expression?.ok !== true) return describeRuns(null, zone, [nextRunAt]);
  const endMs = request.endsAt?.getTime() ?? Number.POSITIVE_INFINITY;
  const count = Math.min(RUNS_SHOWN, request.maxRuns ?? RUNS_SHOWN);
  const runs = nextRuns(expression.value, zone, nextRunAt - 1, count).filter((at) => at < endMs);
  return describeRuns(expression.value, zone, runs);
}
