import { Injectable } from '@nestjs/common';
import type { Texts } from '../../../core/dispatch/write-text.js';
import { previewWarnings, type PlanInSight } from '../../../core/planning/preview-warnings.js';
import type { DescribedOccurrence } from '../../../core/recurrence/describe-occurrence.js';
import type { DurationMs, EpochMs } from '../../../core/values/time.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { Obstacle } from '../persistence/obstacle-words.js';
import type { ForecastPlan } from './plan-forecast.js';
import { TextPreview } from './text-preview.js';

/** One message of a plan. */
export interface PlannedMessage {
  readonly contactId: string;
  readonly at: Date;
  readonly variation: number | null;
}

/** What a schedule would do. */
export interface Preview {
  readonly message: Texts;
  readonly useNicknames: boolean;
  /** By their instants. */
  readonly planned: readonly PlannedMessage[];
  readonly excluded: readonly { readonly contactId: string; readonly reason: Obstacle }[];
  readonly nextRuns: readonly Date[];
  readonly nextRunDetails: readonly DescribedOccurrence[];
  readonly firstSendAt: Date | null;
  readonly lastSendAt: Date | null;
  /** What warnings are told by, besides the texts. */
  readonly inSight: Omit<PlanInSight, 'texts'>;
  /** Of a campaign. */
  readonly seed: string | null;
}

/** A plan with what it is shown with. */
export interface PlanToShow {
  readonly message: Texts;
  readonly useNicknames: boolean;
  readonly plan: ForecastPlan;
  /** The next runs, rising. */
  readonly runs: readonly DescribedOccurrence[];
  readonly seed: string | null;
}

/** Texts that are looked at for warnings. */
const TEXTS_SURVEYED = 10_000;

/** Writes down a plan for a person, with what that person should know about it. */
@Injectable()
export class PreviewWriter {
  constructor(private readonly texts: TextPreview) {}

  write({ message, useNicknames, plan, runs, seed }: PlanToShow): Preview {
    return {
      message,
      useNicknames,
      planned: plan.planned,
      excluded: plan.excluded,
      nextRuns: runs.map(({ at }) => new Date(at)),
      nextRunDetails: runs,
      firstSendAt: instant(plan.firstSendMs),
      lastSendAt: instant(plan.lastSendMs),
      inSight: {
        ...plan.facts,
        instants: plan.planned.map(({ at }) => at.getTime()),
        lastSendMs: plan.lastSendMs,
        periodMs: periodOf(runs),
      },
      seed,
    };
  }

  /** What a person should know about the plan. Writes the texts of the first 10,000 messages, so nothing that is not asked for. */
  async warnings(scope: TenantScope, { message, useNicknames, planned, inSight }: Preview): Promise<readonly string[]> {
    const texts = await this.texts.survey(scope, message, useNicknames, planned.slice(0, TEXTS_SURVEYED));
    return previewWarnings({ ...inSight, texts });
  }
}

function periodOf([first, second]: readonly DescribedOccurrence[]): DurationMs | null {
  return first === undefined || second === undefined ? null : second.at - first.at;
}

function instant(at: EpochMs | null): Date | null {
  return at === null ? null : new Date(at);
}
