import { setTimeout as wait } from 'node:timers/promises';
import { randomOf, type SeededRandom } from '../../src/core/planning/seeded-random.js';
import { Background } from './background.js';
import { terminateBackends, type ChaosDatabase } from './database.js';
import type { ServerSlot } from './server-slot.js';
import type { Fault, InflictedFault } from './fault.js';
import type { DatabaseProxy, ProxyFault } from './wire/database-proxy.js';

/** A server with its way to the database. */
export interface Seat {
  readonly slot: ServerSlot;
  readonly proxy: DatabaseProxy;
}

/** Does what the timetable says. Faults that last go on beside those that follow, and each ends only itself. */
export class Tormentor {
  private readonly inflicted: InflictedFault[] = [];
  private readonly background = new Background();

  constructor(
    private readonly seed: string,
    private readonly seats: readonly Seat[],
    private readonly database: ChaosDatabase,
    private readonly signal: AbortSignal,
  ) {}

  /** What really happened so far: a kill of nothing, or a loss that met no reply, is no fault. */
  get done(): readonly InflictedFault[] {
    return this.inflicted;
  }

  /** Resolves when all of it has happened, the lasting ones have ended and every server runs. */
  async run(timetable: readonly Fault[]): Promise<void> {
    const startedMs = performance.now();
    for (const [place, fault] of timetable.entries()) {
      const restMs = fault.atMs - (performance.now() - startedMs);
      if (restMs > 0) await wait(restMs, undefined, { signal: this.signal });
      this.signal.throwIfAborted();
      this.background.check();
      this.background.add(this.carryOut(fault, randomOf(`${this.seed}|fault ${place}`)));
    }
    await this.background.ended();
    for (const { proxy } of this.seats) proxy.heal();
  }

  private async carryOut(fault: Fault, random: SeededRandom): Promise<void> {
    const { kind } = fault;
    const server = 'server' in fault ? this.seat(fault.server).slot.name : null;
    const fromMs = Date.now();
    if (await this.inflict(fault, random)) this.inflicted.push({ kind, server, fromMs, untilMs: Date.now() });
  }

  /** Resolves when the fault is over; false: there was nothing that it could have met. */
  private async inflict(fault: Fault, random: SeededRandom): Promise<boolean> {
    switch (fault.kind) {
      case 'kill':
        return this.kill(this.seat(fault.server), fault.skewMs);
      case 'stopShort':
      case 'stopLong':
        return this.stop(this.seat(fault.server), fault.forMs);
      case 'terminateBackends':
        // There may be no database at the moment, which is another fault's doing.
        return (await terminateBackends(this.database.url, () => random.uniform() < fault.share).catch(() => 0)) > 0;
      case 'crashDatabase':
        return (await this.database.crash?.()) ?? false;
      case 'delay':
        return this.during(fault, (proxy) => proxy.delay(fault.byMs));
      case 'swallow':
        return this.during(fault, (proxy) => proxy.swallow());
      case 'cut':
        return this.seat(fault.server).proxy.cut(() => random.uniform() < fault.share) > 0;
      case 'loseCommit':
      case 'loseWrite':
        return this.during(fault, (proxy) =>
          proxy.loseNext(fault.kind === 'loseCommit' ? 'commit' : 'write', fault.count),
        );
    }
  }

  private async kill({ slot }: Seat, skewMs: number): Promise<boolean> {
    slot.skewMs = skewMs;
    const wasRunning = await slot.kill();
    await slot.start();
    return wasRunning;
  }

  /** A process that is killed while it is stopped was not stopped for so long. */
  private async stop({ slot }: Seat, forMs: number): Promise<boolean> {
    const goOn = slot.freeze();
    if (!goOn) return false;
    await this.pass(forMs);
    return goOn();
  }

  private async during(
    { server, forMs }: { readonly server: number; readonly forMs: number },
    begin: (proxy: DatabaseProxy) => ProxyFault,
  ): Promise<boolean> {
    const fault = begin(this.seat(server).proxy);
    await this.pass(forMs);
    fault.end();
    return fault.hits > 0;
  }

  private async pass(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.signal });
  }

  private seat(server: number): Seat {
    const seat = this.seats[server];
    if (!seat) throw new Error(`there is no server ${server}`);
    return seat;
  }
}
