import { Injectable } from '@nestjs/common';
import { explainDelivery, type Explanation } from '../../../core/explanation/explain-delivery.js';
import type { ExplainedChannel } from '../../../core/explanation/explanation-facts.js';
import { outlookOf, type LaneOutlook } from '../../../core/explanation/lane-outlook.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ExplanationFactsRepository } from '../persistence/explanation-facts.repository.js';
import { toExplainedChannel, toExplanationFacts } from './explanation-facts.js';
import { SchedulerStatusService } from './scheduler-status.service.js';

/** Says why deliveries have not gone yet, or never will, and when they will. */
@Injectable()
export class ExplanationsService {
  constructor(
    private readonly facts: ExplanationFactsRepository,
    private readonly scheduler: SchedulerStatusService,
  ) {}

  /** By delivery, for a whole page with one statement, and one more on a replica that does not send itself. */
  async explain(scope: TenantScope, ids: readonly string[]): Promise<Map<string, Explanation>> {
    const [rows, isProcessing] = await Promise.all([this.facts.read(scope, ids), this.scheduler.isRunning()]);
    // The hours of a channel are the same object for all of its deliveries: what is known of its days is known once.
    const channels = new Map(rows.map((row) => [row.channelId, toExplainedChannel(row)]));
    const outlooks = new Map<string, LaneOutlook>();
    return new Map(
      rows.map((row) => {
        const channel = channels.get(row.channelId) as ExplainedChannel;
        const outlook = outlooks.get(row.channelId) ?? outlookOf({ channel, nowUs: row.nowUs });
        outlooks.set(row.channelId, outlook);
        return [row.id, explainDelivery(toExplanationFacts(row, channel, isProcessing), outlook)];
      }),
    );
  }
}
