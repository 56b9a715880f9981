import { setTimeout as wait } from 'node:timers/promises';
import { randomOf } from '../../../src/core/planning/seeded-random.js';
import type { PersonAct } from './load-plan.js';
import type { Loader } from './loader.js';
import type { Answer } from './persistent-client.js';
import type { Told, Unanswered } from './told.js';
import type { WorldTenant } from './world.js';

const CANCELLABLE = `query ($id: ID!) { deliveries(first: 40, filter: { scheduleId: $id, statuses: [PENDING, RATE_LIMITED, RETRYING] }) {
  edges { node { id } } } }`;

/** How many deliveries one person cancels at a time, and among how many of the newest schedules they choose. */
const CANCELLED_AT_ONCE = 4;
const NEWEST = 12;

/** People who cancel, pause and resume; what they pause they resume. Each answer is noted with its time. */
export class People {
  private readonly underWay = new Set<Promise<void>>();
  private readonly random;

  constructor(
    seed: string,
    private readonly tenants: readonly WorldTenant[],
    private readonly loader: Loader,
    private readonly told: Told[],
    private readonly unanswered: Unanswered[],
    private readonly signal: AbortSignal,
  ) {
    this.random = randomOf(`${seed}|choices`);
  }

  /** Resolves when everybody is done and nothing is paused any more. */
  async run(acts: readonly PersonAct[]): Promise<void> {
    const startedMs = performance.now();
    for (const act of acts) {
      const restMs = act.atMs - (performance.now() - startedMs);
      if (restMs > 0) await wait(restMs, undefined, { signal: this.signal });
      const done = this.act(act).finally(() => this.underWay.delete(done));
      this.underWay.add(done);
    }
    await Promise.all(this.underWay);
  }

  private async act(act: PersonAct): Promise<void> {
    const tenant = this.tenants[act.tenant];
    if (!tenant) throw new Error(`there is no tenant ${act.tenant}`);
    if (act.kind === 'pauseChannel') return this.pauseChannel(tenant, act.forMs);
    const own = this.loader.schedules.filter((schedule) => schedule.tenant === act.tenant).slice(-NEWEST);
    const chosen = own[this.random.below(Math.max(1, own.length))];
    if (!chosen) return;
    if (act.kind === 'cancelDeliveries') return this.cancelDeliveries(tenant, chosen.id);
    if (act.kind === 'pauseSchedule') return this.pauseSchedule(tenant, chosen.id, act.forMs);
    // A recurring schedule that is cancelled early has little to show.
    if (chosen.kind !== 'recurring') await this.toSchedule(tenant, 'cancelSchedule', 'scheduleCancelled', chosen.id);
  }

  private async cancelDeliveries(tenant: WorldTenant, scheduleId: string): Promise<void> {
    const answer = await tenant.client.ask<{ deliveries: { edges: { node: { id: string } }[] } }>(CANCELLABLE, {
      id: scheduleId,
    });
    if (answer.kind !== 'done') return;
    const ids = answer.data.deliveries.edges.map((edge) => edge.node.id);
    for (let count = 0; count < CANCELLED_AT_ONCE && ids.length > 0; count += 1) {
      const [deliveryId] = ids.splice(this.random.below(ids.length), 1) as [string];
      const cancelled = await tenant.client.ask<{ cancelDelivery: { status: string } }>(
        'mutation ($id: ID!) { cancelDelivery(id: $id) { status } }',
        { id: deliveryId },
      );
      if (cancelled.kind === 'done' && cancelled.data.cancelDelivery.status === 'CANCELLED') {
        this.told.push({ kind: 'deliveryCancelled', deliveryId, ...timesOf(cancelled) });
      }
    }
  }

  private async pauseSchedule(tenant: WorldTenant, scheduleId: string, forMs: number): Promise<void> {
    if (!(await this.toSchedule(tenant, 'pauseSchedule', 'schedulePaused', scheduleId))) return;
    await wait(forMs, undefined, { signal: this.signal });
    await this.toSchedule(tenant, 'resumeSchedule', 'scheduleResumed', scheduleId);
  }

  /** Whether it was done. Nothing is noted of a refusal: it is too late then, and nothing is promised. */
  private async toSchedule(
    tenant: WorldTenant,
    mutation: 'pauseSchedule' | 'resumeSchedule' | 'cancelSchedule',
    kind: 'schedulePaused' | 'scheduleResumed' | 'scheduleCancelled',
    scheduleId: string,
  ): Promise<boolean> {
    const answer = await tenant.client.ask(`mutation ($id: ID!) { ${mutation}(id: $id) { id } }`, { id: scheduleId });
    if (answer.kind === 'unanswered') this.unanswered.push({ what: `${mutation} ${scheduleId}` });
    if (answer.kind === 'done') this.told.push({ kind, scheduleId, ...timesOf(answer) });
    return answer.kind === 'done';
  }

  private async pauseChannel(tenant: WorldTenant, forMs: number): Promise<void> {
    const channel = tenant.channels[this.random.below(tenant.channels.length)];
    if (!channel) return;
    const channelId = channel.id;
    const change = (name: string) =>
      tenant.client.ask(`mutation ($id: ID!) { ${name}(id: $id) { id } }`, { id: channelId });
    const paused = await change('pauseChannel');
    if (paused.kind === 'done') this.told.push({ kind: 'channelPaused', channelId, ...timesOf(paused) });
    await wait(forMs, undefined, { signal: this.signal });
    const resumed = await change('resumeChannel');
    if (resumed.kind === 'done') this.told.push({ kind: 'channelResumed', channelId, ...timesOf(resumed) });
  }
}

function timesOf({ askedAtMs, answeredAtMs }: Extract<Answer<unknown>, { kind: 'done' }>) {
  return { askedAtMs, answeredAtMs };
}
