import { setTimeout as wait } from 'node:timers/promises';
import { randomOf } from '../../../src/core/planning/seeded-random.js';
import { Background } from '../background.js';
import type { PersonAct } from './load-plan.js';
import type { Answer } from './persistent-client.js';
import type { Told, Unanswered } from './told.js';
import type { WorldTenant } from './world.js';

const WAITING = `query { deliveries(first: 100, filter: { statuses: [PENDING, RATE_LIMITED, RETRYING] }) { nodes { id } } }`;
const ACTIVE = `query ($type: ScheduleType) {
  schedules(first: 50, filter: { statuses: [PENDING, PROCESSING], type: $type }) { nodes { id } } }`;

const CONTACTS = 'query { contacts(first: 60) { nodes { id } } }';

interface Ids {
  readonly nodes: readonly { readonly id: string }[];
}

/** How many deliveries one person cancels at a time. */
const CANCELLED_AT_ONCE = 4;

/**
 * People who cancel, pause, resume and opt out; what they pause they resume, and who opts out comes back. Each answer is
 * noted with its time.
 */
export class People {
  private readonly background = new Background();
  private readonly random;

  constructor(
    seed: string,
    private readonly tenants: readonly WorldTenant[],
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
      this.background.check();
      this.background.add(this.act(act));
    }
    await this.background.ended();
  }

  private async act(act: PersonAct): Promise<void> {
    const tenant = this.tenants[act.tenant];
    if (!tenant) throw new Error(`there is no tenant ${act.tenant}`);
    if (act.kind === 'pauseChannel') return this.pauseChannel(tenant, act.forMs);
    if (act.kind === 'optOut') return this.optOut(tenant, act.forMs);
    if (act.kind === 'cancelDeliveries') return this.cancelDeliveries(tenant);
    // A recurring schedule that is cancelled early has little to show.
    const type = act.kind === 'cancelSchedule' ? 'IMMEDIATE' : null;
    const active = idsOf(await tenant.client.ask<{ schedules: Ids }>(ACTIVE, { type }), (data) => data.schedules);
    const chosen = active[this.random.below(Math.max(1, active.length))];
    if (chosen === undefined) return;
    if (act.kind === 'pauseSchedule') return this.pauseSchedule(tenant, chosen, act.forMs);
    await this.toSchedule(tenant, 'cancelSchedule', 'scheduleCancelled', chosen);
  }

  private async cancelDeliveries(tenant: WorldTenant): Promise<void> {
    const ids = idsOf(await tenant.client.ask<{ deliveries: Ids }>(WAITING), (data) => data.deliveries);
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

  /**
   * Whether it was done. Nothing is noted of a refused wish to stop: it is too late then, and nothing is promised. A
   * refused wish to go on may have been fulfilled before, by a try that got no answer.
   */
  private async toSchedule(
    tenant: WorldTenant,
    mutation: 'pauseSchedule' | 'resumeSchedule' | 'cancelSchedule',
    kind: 'schedulePaused' | 'scheduleResumed' | 'scheduleCancelled',
    scheduleId: string,
  ): Promise<boolean> {
    const answer = await tenant.client.ask(`mutation ($id: ID!) { ${mutation}(id: $id) { id } }`, { id: scheduleId });
    if (answer.kind === 'unanswered') this.unanswered.push({ what: `${mutation} ${scheduleId}` });
    const goesOn = kind === 'scheduleResumed';
    if (answer.kind === 'done' || goesOn) this.told.push({ kind, scheduleId, ...timesOf(answer) });
    return answer.kind === 'done';
  }

  private async optOut(tenant: WorldTenant, forMs: number): Promise<void> {
    const ids = idsOf(await tenant.client.ask<{ contacts: Ids }>(CONTACTS), (data) => data.contacts);
    const contactId = ids[this.random.below(Math.max(1, ids.length))];
    if (contactId === undefined) return;
    const change = (optedOut: boolean) =>
      tenant.client.ask(
        'mutation ($id: ID!, $optedOut: Boolean!) { setContactOptOut(id: $id, optedOut: $optedOut) { id } }',
        {
          id: contactId,
          optedOut,
        },
      );
    const out = await change(true);
    if (out.kind === 'done') this.told.push({ kind: 'contactOptedOut', contactId, ...timesOf(out) });
    await wait(forMs, undefined, { signal: this.signal });
    this.told.push({ kind: 'contactOptedIn', contactId, ...timesOf(await change(false)) });
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
    if (resumed.kind === 'unanswered') this.unanswered.push({ what: `resumeChannel ${channelId}` });
    this.told.push({ kind: 'channelResumed', channelId, ...timesOf(resumed) });
  }
}

/** Nobody knows when a request to go on that was not confirmed was carried out, or whether it was. */
function timesOf(answer: Answer<unknown>) {
  const { askedAtMs } = answer;
  return { askedAtMs, answeredAtMs: answer.kind === 'done' ? answer.answeredAtMs : Infinity };
}

/** None when nobody answered; a refusal of such a question means that the harness is wrong. */
function idsOf<Data>(answer: Answer<Data>, read: (data: Data) => Ids): string[] {
  if (answer.kind === 'refused') throw new Error(`a list was refused: ${answer.message}`);
  return answer.kind === 'done' ? read(answer.data).nodes.map((node) => node.id) : [];
}
