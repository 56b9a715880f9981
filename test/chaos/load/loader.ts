import { setTimeout as wait } from 'node:timers/promises';
import { phoneOf } from '../../support/api-client.js';
import { Background } from '../background.js';
import type { ChaosPlan } from '../plan.js';
import type { Request } from './load-plan.js';
import type { Told, Unanswered } from './told.js';
import type { WorldTenant } from './world.js';

const CREATE = 'mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id } }';
const SEND =
  'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } deliveries { id } } }';

/** Asks for everything that the plan has, each at its time, and notes what it was told. */
export class Loader {
  private readonly background = new Background();

  constructor(
    private readonly plan: ChaosPlan,
    private readonly tenants: readonly WorldTenant[],
    private readonly told: Told[],
    private readonly unanswered: Unanswered[],
    private readonly signal: AbortSignal,
  ) {}

  async run(requests: readonly Request[]): Promise<void> {
    const startedMs = performance.now();
    const endsAt = new Date(Date.now() + Math.max(this.plan.durationMs, this.plan.load.recurringForMs)).toISOString();
    for (const request of requests) {
      const restMs = request.atMs - (performance.now() - startedMs);
      if (restMs > 0) await wait(restMs, undefined, { signal: this.signal });
      this.background.check();
      this.background.add(this.ask(request, endsAt));
    }
    await this.background.ended();
  }

  private async ask(request: Request, endsAt: string): Promise<void> {
    const { reference } = request;
    const tenant = this.tenant(request.tenant);
    const channel = tenant.channels.find((each) => each.purpose === request.purpose);
    const { guarantee, retryPolicy, priority } = request;
    const common = { channelId: channel?.id, guarantee, retryPolicy, priority };
    if (request.kind === 'message') {
      const input = {
        ...common,
        clientMessageId: reference,
        to: [phoneOf(request.contact)],
        content: `${reference} para {nome}`,
      };
      const answer = await tenant.client.ask<{ sendMessage: { schedule: { id: string } } }>(SEND, { input });
      return this.note(request, answer, answer.kind === 'done' ? answer.data.sendMessage.schedule.id : '', 1);
    }
    const group = tenant.groups[request.group];
    const input = {
      ...common,
      clientReference: reference,
      name: reference,
      message: { title: reference, content: `${reference} para {nome}` },
      targetGroupIds: [group?.id],
      expiresAfterSeconds: request.expiresAfterSeconds,
      ...this.when(request, endsAt),
    };
    const answer = await tenant.client.ask<{ createSchedule: { id: string } }>(CREATE, { input });
    this.note(request, answer, answer.kind === 'done' ? answer.data.createSchedule.id : '', group?.size ?? 0);
  }

  private when(request: Exclude<Request, { kind: 'message' }>, endsAt: string): Readonly<Record<string, unknown>> {
    switch (request.kind) {
      case 'batch':
        return { type: 'IMMEDIATE' };
      case 'future':
        return { type: 'FUTURE', scheduledAt: new Date(Date.now() + request.inMs).toISOString() };
      case 'recurring': {
        const { maxRuns } = request;
        const { cronExpression } = this.plan.load;
        return { type: 'RECURRING', cronExpression, endsAt, ...(maxRuns === null ? {} : { maxRuns }) };
      }
    }
  }

  private note(
    request: Request,
    answer: { readonly kind: string; readonly code?: string; readonly message?: string },
    scheduleId: string,
    recipients: number,
  ): void {
    const { reference } = request;
    if (answer.kind === 'done') {
      this.told.push({ kind: 'scheduled', reference, scheduleId, recipients });
      return;
    }
    // A FUTURE whose instant passed while nobody answered is refused, and rightly.
    if (answer.kind === 'refused' && request.kind !== 'future')
      throw new Error(`${reference} was refused: ${answer.code ?? ''} ${answer.message ?? ''}`);
    this.unanswered.push({ what: reference });
  }

  private tenant(place: number): WorldTenant {
    const tenant = this.tenants[place];
    if (!tenant) throw new Error(`there is no tenant ${place}`);
    return tenant;
  }
}
