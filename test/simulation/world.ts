import type { StatusEvent } from '../../src/core/gateway/send-outcome.js';
import { randomOf } from '../../src/core/planning/seeded-random.js';
import type { ModelHub } from './model/model-bus.js';
import { ModelDatabaseClock } from './model/model-clock.js';
import { NO_FAULTS, type ModelServer } from './model/model-database.js';
import { ModelProvider } from './model/model-gateway.js';
import { ModelPeople } from './model/model-people.js';
import {
  ModelProcess,
  modelRepositories,
  type ModelRepositories,
  type ModelSurroundings,
} from './model/model-process.js';
import { modelTables, TENANT, type ModelProviderEvent, type ModelRun, type ModelTables } from './model/model-rows.js';
import { ModelStore } from './model/model-store.js';
import { VirtualTime } from './model/virtual-time.js';
import { isCalm, TROUBLE_MS, type Scenario, type ScenarioAct } from './scenario.js';
import { furnish } from './furnish.js';
import { waitsForTomorrow } from './judge-limits.js';
import { Witness } from './witness.js';

/** After the trouble the world has this long to come to rest. */
const REST_MS = 3_600_000;

const HOUR_US = 3_600_000_000;

/** A process that goes on has said everything after this. */
const AFTERTHOUGHT_US = 3_000_000;

/** How a world ended. */
export interface WorldReport {
  /** Everything that must not be, in words. */
  readonly violations: readonly string[];
  readonly deliveries: number;
  readonly calls: number;
  readonly effects: number;
  readonly uncertain: number;
  readonly virtualMs: number;
  readonly events: number;
}

/** Plays a scenario to its end. `repositories`: with a guard left out, to see that it is missed. */
export async function playScenario(
  scenario: Scenario,
  repositories: ModelRepositories = modelRepositories(),
): Promise<WorldReport> {
  const world = new World(scenario, repositories);
  return world.time.inCharge(() => world.play());
}

class World {
  readonly time: VirtualTime;
  private readonly startUs: number;
  private readonly tables: ModelTables;
  private readonly server: ModelServer & { isUp: boolean };
  private readonly store: ModelStore;
  private readonly clock: ModelDatabaseClock;
  private readonly hub: ModelHub;
  private readonly provider: ModelProvider;
  private readonly around: ModelSurroundings;
  private readonly people: ModelPeople;
  private readonly processes: ModelProcess[] = [];
  private readonly witness: Witness;
  private readonly scheduleIds: string[] = [];
  private readonly channelIds: string[] = [];
  private lastWokenUs = 0;

  constructor(
    private readonly scenario: Scenario,
    repositories: ModelRepositories,
  ) {
    const startMs = Date.parse(scenario.startsAt);
    this.startUs = startMs * 1_000;
    this.time = new VirtualTime(startMs, randomOf(`world:${scenario.entropy}`));
    this.tables = modelTables();
    const { time, tables } = this;
    this.store = new ModelStore(Object.values(tables), () => time.nowUs);
    this.clock = new ModelDatabaseClock(time);
    const { nowUs } = this.clock;
    this.server = { time, store: this.store, tables, isUp: true, faults: scenario.faults, nowUs };
    this.hub = { time, loss: scenario.loss, members: new Set() };
    this.provider = new ModelProvider(
      time,
      (channelId) => this.channelOf(this.channelIds.indexOf(channelId)),
      (channelId, events, taken) => this.report(channelId, events, taken),
    );
    this.witness = new Witness(tables, this.provider, this.clock);
    this.store.onCommit = (changes, commit) => this.witness.committed(changes, commit);
    this.provider.onCall = (call) => this.witness.called(call);
    const calm = isCalm(scenario);
    this.server.onTransaction = (us) => this.witness.transaction(us, calm);
    const onError = (event: string, facts: object): void => this.witness.logged(event, facts);
    const { server, hub, provider } = this;
    this.around = { server, hub, provider, repositories, onError };
    this.people = new ModelPeople(this.around);
  }

  async play(): Promise<WorldReport> {
    const { channelIds, scheduleIds } = furnish(this.store, this.tables, this.scenario);
    this.channelIds.push(...channelIds);
    this.scheduleIds.push(...scheduleIds);
    for (let count = 0; count < this.scenario.processes; count += 1) this.startProcess(count);
    for (const act of this.scenario.acts) this.time.after(act.atMs * 1_000, null, () => this.act(act));
    await this.time.runUntil(this.startUs + TROUBLE_MS * 1_000, () => false);
    this.heal();
    const untilUs = this.time.nowUs + REST_MS * 1_000;
    const isAtRest = await this.time.runUntil(untilUs, () => this.isAtRest());
    const deliveries = this.tables.deliveries.committed();
    return {
      violations: this.witness.verdict(isAtRest, this.people, this.scenario, this.scheduleIds),
      deliveries: deliveries.length,
      calls: this.provider.calls.length,
      effects: this.provider.effects.length,
      uncertain: deliveries.filter((row) => row.status === 'uncertain').length,
      virtualMs: (this.time.nowUs - this.startUs) / 1_000,
      events: this.time.eventsRun,
    };
  }

  private channelOf(index: number) {
    const { channels } = this.scenario;
    return channels[index % channels.length] as (typeof channels)[number];
  }

  private startProcess(place: number): void {
    const skews = [0, this.scenario.skewMs, -this.scenario.skewMs];
    const process = new ModelProcess(this.around, skews[place % skews.length] as number);
    this.processes[place] = process;
    this.time.as(process, () => process.start());
  }

  private act({ kind, target, forMs }: ScenarioAct): void {
    const place = target % this.processes.length;
    const process = this.processes[place] as ModelProcess;
    const restart = (): void => {
      this.time.after(forMs * 1_000, null, () => {
        if (process.life === 'dead' && this.processes[place] === process) this.startProcess(place);
      });
    };
    switch (kind) {
      case 'kill':
        process.kill();
        return restart();
      case 'terminate':
        if (process.life === 'running') this.time.as(process, () => void process.terminate());
        return restart();
      case 'stop':
        process.stop();
        this.time.after(forMs * 1_000, null, () => {
          process.continue();
          this.lastWokenUs = this.time.nowUs;
        });
        return;
      case 'cut':
        if (target % 3 === 0) process.database.breakAll();
        else process.database.breakOne(target % 3 === 1);
        return;
      case 'crashDatabase':
        return this.crashDatabase(Math.min(forMs, 3_000));
      case 'jumpClock':
        // The database's never goes back: what is due, leased and allowed is what it says.
        if (target % 3 === 0) return this.clock.jump(target % 2 === 0 ? forMs * 1_000 : HOUR_US);
        return process.jumpClock(target % 2 === 0 ? 3_600_000 : -3_600_000);
      default:
        return this.time.as(this.people, () => void this.ask(kind, target));
    }
  }

  private async ask(kind: ScenarioAct['kind'], target: number): Promise<void> {
    const of = (ids: readonly string[]): string => ids[target % Math.max(1, ids.length)] ?? '';
    const deliveryIds = this.tables.deliveries.committed().map((row) => row.id);
    const scheduleId = of(this.scheduleIds);
    switch (kind) {
      case 'pause':
        return this.people.pause(scheduleId);
      case 'resume':
        return this.people.resume(scheduleId);
      case 'cancel':
        return this.people.cancel(scheduleId);
      case 'cancelDelivery':
        return this.people.cancelDelivery(of(deliveryIds));
      case 'retry':
        return this.people.retry(of(deliveryIds));
      case 'markSent':
        return this.people.markSent(of(deliveryIds));
      case 'optOut':
        return this.people.optOut(of(this.tables.contacts.committed().map((row) => row.id)));
      case 'pauseChannel':
        return this.people.setChannel(of(this.channelIds), 'PAUSED');
      case 'activateChannel':
        return this.people.setChannel(of(this.channelIds), 'ACTIVE');
      default:
        throw new Error(`nobody asks for ${kind}`);
    }
  }

  private crashDatabase(forMs: number): void {
    if (!this.server.isUp) return;
    this.server.isUp = false;
    this.store.crash();
    this.witness.crashed();
    for (const process of this.processes) process.database.breakAll();
    this.people.database.breakAll();
    this.time.after(forMs * 1_000, null, () => (this.server.isUp = true));
  }

  /** A provider repeats its report until somebody has taken it. */
  private report(channelId: string, events: readonly StatusEvent[], taken: () => void): void {
    let isTaken = false;
    const tryAgain = (): void => {
      if (isTaken) return;
      this.time.after(2_000_000, null, tryAgain);
      const running = this.processes.filter((process) => process.life === 'running');
      const process = running[this.time.random.below(Math.max(1, running.length))];
      if (!process) return;
      this.time.as(process, () => {
        process.statusEvents.receive(TENANT, channelId, events).then(
          () => {
            if (!isTaken) taken();
            isTaken = true;
          },
          () => undefined,
        );
      });
    };
    tryAgain();
  }

  /** The trouble is over: who is dead is started, and people let go on what they had stopped. Who is stopped wakes by itself. */
  private heal(): void {
    this.server.faults = NO_FAULTS;
    this.hub.loss = this.hub.loss === 1 ? 1 : 0;
    this.server.isUp = true;
    // A circuit may open again, and a pause may have waited until now: somebody keeps looking.
    const watch = (): void => {
      for (const row of this.tables.schedules.committed()) {
        if (row.status === 'PAUSED') this.time.as(this.people, () => void this.people.resume(row.id));
      }
      for (const row of this.tables.channels.committed()) {
        if (row.status === 'PAUSED') this.time.as(this.people, () => void this.people.setChannel(row.id, 'ACTIVE'));
      }
      for (const [place, process] of this.processes.entries()) if (process.life === 'dead') this.startProcess(place);
      this.time.after(5_000_000, null, watch);
    };
    watch();
  }

  private isAtRest(): boolean {
    // Whoever was stopped has something to say when it goes on.
    if (this.processes.some((process) => process.life === 'stopped')) return false;
    if (this.time.nowUs < this.lastWokenUs + AFTERTHOUGHT_US) return false;
    const queue = this.tables.queue.committed();
    if (this.provider.unreported > 0 || queue.some((row) => !waitsForTomorrow(this.tables, row, this.clock.nowUs())))
      return false;
    const waiting = new Set(queue.map((row) => row.runId));
    const isOpen = ({ status, id }: ModelRun): boolean =>
      status === 'CREATED' || (status === 'RUNNING' && !waiting.has(id));
    if (this.tables.runs.committed().some(isOpen)) return false;
    if (this.tables.schedules.committed().some((row) => row.nextRunUs !== null)) return false;
    // An event that names a message of which nobody learnt the id waits for ever, as it should, and one that does not end
    // the wait of a delivery for its next call waits with it.
    const { events, gatewayMessages } = this.tables;
    const waitsOn = ({ channelId, gatewayMessageId, deliveryId, kind }: ModelProviderEvent): boolean =>
      deliveryId === null
        ? gatewayMessages.committedAt(`${channelId}/${gatewayMessageId}`) === null
        : (kind === 'SENT' || kind === 'FAILED') && this.tables.queue.committedAt(deliveryId) !== null;
    return !events.committed().some((row) => !row.isApplied && !waitsOn(row));
  }
}
