import type { ModelRepositories } from '../model/model-process.js';
import { ProviderEventsRepository } from '../../../src/modules/delivery-logs/persistence/provider-events.repository.js';
import { ReceiptsRepository } from '../../../src/modules/delivery-logs/persistence/receipts.repository.js';
import { ClaimsRepository } from '../../../src/modules/dispatch/persistence/claims.repository.js';
import { FactsRepository } from '../../../src/modules/dispatch/persistence/facts.repository.js';
import { HousekeepingRepository } from '../../../src/modules/dispatch/persistence/housekeeping.repository.js';
import { IntentsRepository } from '../../../src/modules/dispatch/persistence/intents.repository.js';
import { LeasesRepository } from '../../../src/modules/dispatch/persistence/leases.repository.js';
import { OutcomesRepository } from '../../../src/modules/dispatch/persistence/outcomes.repository.js';
import { LanesRepository } from '../../../src/modules/rate-limit/index.js';
import { CancellingRepository } from '../../../src/modules/schedules/persistence/cancelling.repository.js';
import { FinishingRepository } from '../../../src/modules/schedules/persistence/finishing.repository.js';
import { FiringRepository } from '../../../src/modules/schedules/persistence/firing.repository.js';
import { MaterialisingRepository } from '../../../src/modules/schedules/persistence/materialising.repository.js';
import { ParkingRepository } from '../../../src/modules/schedules/persistence/parking.repository.js';
import { WorkerDatabase } from '../../../src/platform/database/worker-database.js';
import { Services, type Side } from './side.js';

const US = (column: string): string =>
  `CASE WHEN ${column} = 'infinity' THEN 'Infinity'::float8 ELSE (extract(epoch FROM ${column}) * 1000000)::float8 END`;
const NAME = `r.schedule_id || '/' || (extract(epoch FROM r.due_at) * 1000000)::bigint || '/' || d.contact_id`;
const NAMED = `deliveries d JOIN schedule_runs r ON r.tenant_id = d.tenant_id AND r.id = d.run_id`;

/** PostgreSQL, with the program's own repositories. */
export class SqlSide implements Side {
  readonly database: WorkerDatabase;
  readonly repositories: ModelRepositories;
  readonly services: Services;

  constructor(url: string) {
    this.database = new WorkerDatabase(url, 2, (error) => {
      throw error;
    });
    const repositories = {
      claims: new ClaimsRepository(),
      lanes: new LanesRepository(),
      facts: new FactsRepository(),
      intents: new IntentsRepository(),
      leases: new LeasesRepository(),
      outcomes: new OutcomesRepository(),
      housekeeping: new HousekeepingRepository(),
      firing: new FiringRepository(),
      finishing: new FinishingRepository(),
      materialising: new MaterialisingRepository(),
      parking: new ParkingRepository(),
      cancelling: new CancellingRepository(),
      events: new ProviderEventsRepository(),
      receipts: new ReceiptsRepository(),
    };
    this.repositories = repositories as unknown as ModelRepositories;
    this.services = new Services(this.database, this.repositories);
  }

  async names(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.query<{ id: string; name: string }>(`SELECT d.id, ${NAME} AS name FROM ${NAMED}`);
    return new Map(rows.map((row) => [row.id, row.name]));
  }

  async dump(): Promise<unknown> {
    const names = await this.names();
    const leases = await this.database.query<{ token: number; untilUs: number; ids: string[] }>(
      `SELECT token, ${US('lease_until')} AS "untilUs", delivery_ids AS ids FROM dispatch_leases`,
    );
    const all = (statement: string): Promise<object[]> => this.database.query<object>(statement);
    return {
      schedules: await all(
        `SELECT id, status, ${US('next_run_at')} AS "nextRunUs", ${US('last_run_at')} AS "lastRunUs", run_count AS "runCount", version
           FROM schedules`,
      ),
      runs: await all(
        `SELECT schedule_id AS "scheduleId", ${US('due_at')} AS "dueUs", status, missed_count AS "missedCount",
                ${US('missed_until')} AS "missedUntilUs", audience_cursor AS cursor, audience_count AS "audienceCount" FROM schedule_runs`,
      ),
      deliveries: await all(
        `SELECT ${NAME} AS name, ${US('d.due_at')} AS "dueUs", d.status, d.version, d.attempt, d.needs_attention AS "needsAttention",
                ${US('d.sent_at')} AS "sentUs", ${US('d.delivered_at')} AS "deliveredUs", ${US('d.read_at')} AS "readUs",
                ${US('d.failed_at')} AS "failedUs", d.gateway_message_id AS "gatewayMessageId", d.error_code AS "errorCode"
           FROM ${NAMED}`,
      ),
      queue: await all(
        `SELECT ${NAME} AS name, q.state, q.wait_reason AS "waitReason", ${US('q.ready_at')} AS "readyUs", ${US('q.parked_at')} AS "parkedUs",
                ${US('q.expires_at')} AS "expiresUs", q.lease_token AS token, q.version, q.guarantee, q.priority, q.express, q.attempt,
                q.attempts_before AS "attemptsBefore", q.cancel_requested AS "cancelRequested", q.error_code AS "errorCode"
           FROM delivery_queue q JOIN ${NAMED} ON d.tenant_id = q.tenant_id AND d.id = q.delivery_id`,
      ),
      attempts: await all(
        `SELECT ${NAME} AS name, a.number, a.lease_token AS token, ${US('a.started_at')} AS "startedUs", ${US('a.finished_at')} AS "finishedUs",
                a.outcome FROM delivery_attempts a JOIN ${NAMED} ON d.tenant_id = a.tenant_id AND d.id = a.delivery_id`,
      ),
      leases: leases.map(({ token, untilUs, ids }) => ({
        token,
        untilUs,
        names: ids.map((id) => names.get(id) ?? id).sort(),
      })),
      lanes: await all(
        `SELECT channel_id AS "channelId", tat_us AS "tatUs", last_taken_us AS "lastTakenUs", day::text AS day, sent_today AS "sentToday",
                ${US('open_at')} AS "openUs", held_until_us AS "heldUntilUs" FROM channel_lanes`,
      ),
      rates: await all(`SELECT channel_id || '/' || contact_id AS key, tat_us AS "tatUs" FROM contact_rates`),
      events: await all(
        `SELECT e.event_key AS "eventKey", ${NAME} AS name, e.applied_at IS NOT NULL AS "isApplied"
           FROM provider_events e LEFT JOIN (${NAMED}) ON d.tenant_id = e.tenant_id AND d.id = e.delivery_id`,
      ),
    };
  }
}
