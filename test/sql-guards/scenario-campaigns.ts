import { dateText, dayNumberAt } from '../../src/core/openings/openings.js';
import { parseTimeZone } from '../../src/core/recurrence/time-zone.js';
import { CampaignMover } from '../../src/modules/schedules/application/campaign-mover.js';
import { CampaignPlanner } from '../../src/modules/schedules/application/campaign-planner.js';
import { CampaignReplanner } from '../../src/modules/schedules/application/campaign-replanner.js';
import { CampaignRest } from '../../src/modules/schedules/application/campaign-rest.js';
import { CampaignWriter } from '../../src/modules/schedules/application/campaign-writer.js';
import type { RunFinisher } from '../../src/modules/schedules/application/run-finisher.js';
import { RunMaterialiser } from '../../src/modules/schedules/application/run-materialiser.js';
import { RunWriter } from '../../src/modules/schedules/application/run-writer.js';
import type { ScheduleAnnouncements } from '../../src/modules/schedules/application/schedule-announcements.js';
import { AudienceRepository } from '../../src/modules/schedules/persistence/audience.repository.js';
import { CampaignRunsRepository } from '../../src/modules/schedules/persistence/campaign-runs.repository.js';
import { MaterialisingRepository } from '../../src/modules/schedules/persistence/materialising.repository.js';
import { PlanningRepository } from '../../src/modules/schedules/persistence/planning.repository.js';
import { ReplanningRepository } from '../../src/modules/schedules/persistence/replanning.repository.js';
import type { Sql } from '../../src/platform/database/sql.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { aDelivery } from '../support/factories/deliveries.js';
import { aChannel, aContact, aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import { addTargets, scheduleOf } from '../support/scheduling.js';
import { allClients, findings, overtaken, type GuardWorld, type Scenario } from './world.js';

const silent = Logger.create('silent');
const nobody = new Proxy({}, { get: () => () => undefined }) as unknown as ScheduleAnnouncements;
const zone = parseTimeZone('America/Cuiaba');
if (!zone.ok) throw new Error('unreachable');
const TOMORROW = dateText(dayNumberAt(zone.value, Date.now()) + 1);
const SPACING_S = 60;
const SETTINGS = {
  startsOn: TOMORROW,
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  fromMinute: 9 * 60,
  toMinute: 11 * 60,
  maxPerDay: 1_000,
  minSpacingSeconds: SPACING_S,
};

/** A campaign with its run. */
interface Campaign {
  readonly tenantId: string;
  readonly scheduleId: string;
  readonly runId: string;
}

/** Campaigns of one channel keep their distance although they are planned at once, by whoever comes first. */
export const planning: Scenario = async (world) => {
  const { admin } = world;
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const channelId = await aChannel(admin, scope);
  const campaigns: Campaign[] = [];
  for (let n = 0; n < 4; n += 1) campaigns.push(await aCampaign(admin, scope, channelId, n));
  const { materialiser, replanner, errors } = partsOn(world);
  const failures = await allClients(async () => void (await materialiser.runOnce()));
  same('planned deliveries', await planned(admin, scope), { count: 20, tooClose: 0 });

  await admin.execute('UPDATE schedule_runs SET needs_plan = true');
  failures.push(...(await allClients(async () => void (await replanner.runOnce()))));
  same('deliveries that were planned anew', await planned(admin, scope), { count: 20, tooClose: 0 });

  // Who has the run, or changes the schedule, is not waited for, before a campaign has begun and after.
  for (const runCount of [0, 1]) {
    await admin.execute('UPDATE schedules SET run_count = $1', [runCount]);
    await admin.execute('UPDATE schedule_runs SET needs_plan = true');
    for (const hold of [`UPDATE schedule_runs SET reason = reason`, `UPDATE schedules SET status = 'PAUSED'`]) {
      const beside = await overtaken(
        world,
        world.db.database,
        (tx) => tx.execute(hold),
        () => replanner.runOnce(),
      );
      none('planned beside somebody else', beside);
      await admin.execute(`UPDATE schedules SET status = 'PENDING'`);
    }
  }
  return [...failures, ...errors, ...found];
};

/** A plan is written for what it was made for, and not over what has happened since. */
export const moving: Scenario = async (world) => {
  const { admin, database } = world;
  const { found, same, none } = findings();
  const scope = await aTenant(admin);
  const channelId = await aChannel(admin, scope);
  const [replanning, runs] = [new ReplanningRepository(), new CampaignRunsRepository()];
  const campaign = await aCampaign(admin, scope, channelId, 0);
  await admin.execute(`UPDATE schedule_runs SET status = 'RUNNING'`);
  none('a plan of a run that is under way', await runs.recordPlan(database, campaign, new Date()));

  const read = await replanning.read(database, campaign);
  if (read === undefined) return [...found, 'the campaign is not there'];
  for (const hasBegun of [false, true]) {
    const changed = { ...read, hasBegun, version: read.version - 1 };
    none('a plan of a campaign that has changed', await replanning.hold(database, campaign, changed));
  }

  const claimed = await aDelivery(admin, scope, { state: 'claimed', ...campaign, channelId });
  await admin.execute('UPDATE delivery_queue SET slot_at = now()');
  const before = await admin.query('SELECT * FROM delivery_queue');
  const slot = { id: claimed.id, slotAt: new Date(), slotUntil: new Date() };
  await replanning.move(database, campaign, [slot], SPACING_S);
  await replanning.putOff(database, campaign, [claimed.id]);
  same('a claimed delivery', await admin.query('SELECT * FROM delivery_queue'), before);

  // The campaign has begun: when it begins is not written any more.
  await admin.execute(`UPDATE schedules SET status = 'PROCESSING', run_count = 1, next_run_at = NULL`);
  await runs.awaitBeginning(database, campaign, new Date());
  await replanning.record(database, campaign, 'late');
  await admin.execute(`UPDATE schedules SET status = 'PENDING'`);
  await runs.awaitBeginning(database, campaign, new Date());
  await replanning.record(database, campaign, 'late');
  await admin.execute(`UPDATE schedules SET status = 'PAUSED', run_count = 0`);
  await replanning.record(database, campaign, 'late');
  const { nextRunAt, status } = await scheduleOf(admin, campaign.scheduleId);
  same(
    'the beginning of a campaign that has begun or is paused',
    { nextRunAt, status },
    { nextRunAt: null, status: 'PAUSED' },
  );

  // Whoever plans only what is late leaves the wish for a whole plan as it is, and each plan is that of one run.
  const another = await aCampaign(admin, scope, channelId, 1);
  await admin.execute(`UPDATE schedule_runs SET needs_plan = true`);
  const wishes = async (): Promise<unknown> =>
    admin.query('SELECT needs_plan AS wish FROM schedule_runs WHERE id = ANY ($1::uuid[]) ORDER BY id = $2', [
      [another.runId, campaign.runId],
      another.runId,
    ]);
  await replanning.record(database, another, 'late');
  same('wishes after what was late was planned', await wishes(), [{ wish: true }, { wish: true }]);
  await replanning.record(database, another, 'rest');
  same('wishes after all of one was planned', await wishes(), [{ wish: true }, { wish: false }]);

  await admin.execute(`UPDATE schedule_runs SET status = 'CANCELLED'`);
  none('a plan of a run that is over', (await replanning.lock(database, campaign)) !== undefined);
  return found;
};

async function aCampaign(sql: Sql, scope: TenantScope, channelId: string, n: number): Promise<Campaign> {
  const campaign = { ...SETTINGS, seed: `seed ${n}` };
  const scheduleId = await aSchedule(sql, scope, {
    type: 'CAMPAIGN',
    status: 'PENDING',
    channelId,
    campaign,
    runCount: 0,
  });
  const contacts: string[] = [];
  for (let contact = 0; contact < 5; contact += 1) contacts.push(await aContact(sql, scope));
  await addTargets(sql, scope, scheduleId, contacts);
  const runId = await aRun(sql, scope, scheduleId, { status: 'CREATED' });
  await sql.execute('UPDATE schedule_runs SET planned_from = created_at WHERE id = $1', [runId]);
  return { tenantId: scope.tenantId, scheduleId, runId };
}

function partsOn({ database }: GuardWorld) {
  const [materialising, audiences] = [new MaterialisingRepository(), new AudienceRepository()];
  const planner = new CampaignPlanner(new PlanningRepository());
  const campaigns = new CampaignWriter(planner, audiences, new CampaignRunsRepository());
  const finisher = { noteTouched: () => undefined } as unknown as RunFinisher;
  const materialiser = new RunMaterialiser(database, new RunWriter(materialising, campaigns), finisher, nobody, silent);
  const replanning = new ReplanningRepository();
  const mover = new CampaignMover(replanning, planner, new CampaignRest(replanning, planner, audiences), materialising);
  // It goes on with the next campaign when one cannot be planned.
  const errors: string[] = [];
  const logger = { error: (_: string, facts: object) => errors.push(`failed: ${JSON.stringify(facts)}`) };
  const replanner = new CampaignReplanner(database, replanning, mover, nobody, logger as unknown as Logger);
  return { materialiser, replanner, errors };
}

/** How much has an instant, and how many of the instants are closer to the one before than they may be. */
async function planned(sql: Sql, { tenantId }: TenantScope): Promise<{ count: number; tooClose: number }> {
  const rows = await sql.query<{ count: number; tooClose: number }>(
    `SELECT count(*)::int AS count, count(*) FILTER (WHERE gap < $2 * interval '1 second')::int AS "tooClose"
       FROM (SELECT slot_at - lag(slot_at) OVER (ORDER BY slot_at) AS gap FROM delivery_queue
              WHERE tenant_id = $1 AND slot_at = ready_at AND slot_at > now()) gaps`,
    [tenantId, SPACING_S],
  );
  return rows[0] as { count: number; tooClose: number };
}
