import { Injectable } from '@nestjs/common';
import { explainDelivery, forecastOf, type Explanation } from '../../../core/explanation/explain-delivery.js';
import type { PermitsToCome } from '../../../core/explanation/permits-to-come.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ExplanationFactsRepository } from '../persistence/explanation-facts.repository.js';
import { toExplanationFacts } from './explanation-facts.js';
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
    const forecasts = new Map<string, PermitsToCome>();
    return new Map(
      rows.map((row) => {
        const facts = toExplanationFacts(row, isProcessing);
        const forecast = forecasts.get(row.channelId) ?? forecastOf(facts);
        forecasts.set(row.channelId, forecast);
        return [row.id, explainDelivery(facts, forecast)];
      }),
    );
  }
}
