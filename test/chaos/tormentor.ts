import { setTimeout as wait } from 'node:timers/promises';
import { randomOf } from '../../src/core/planning/seeded-random.js';
import { Background } from './background.js';
import { terminateBackends, type ChaosDatabase } from './database.js';
import type { ServerSlot } from './server-slot.js';
import type { Fault, FaultKind } from './timetable.js';
import type { DatabaseProxy } from './wire/database-proxy.js';

/** A server with its way to the database. */
export interface Seat {
  readonly slot: ServerSlot;
  readonly proxy: DatabaseProxy;
}

/** Does what the timetable says. Faults that last go on beside those that follow. */
export class Tormentor {
  readonly done = new Map<FaultKind, number>();
  private readonly background = new Background();
  private readonly random;

  constructor(
    seed: string,
    private readonly seats: readonly Seat[],
    private readonly database: ChaosDatabase,
    private readonly signal: AbortSignal,
  ) {
    this.random = randomOf(`${seed}|tormentor`);
  }

  /** Resolves when all of it has happened, the lasting ones have ended and every server runs. */
  async run(timetable: readonly Fault[]): Promise<void> {
    const startedMs = performance.now();
    for (const fault of timetable) {
      const restMs = fault.atMs - (performance.now() - startedMs);
      if (restMs > 0) await wait(restMs, undefined, { signal: this.signal });
      this.signal.throwIfAborted();
      this.background.check();
      this.background.add(this.inflict(fault));
      this.done.set(fault.kind, (this.done.get(fault.kind) ?? 0) + 1);
    }
    await this.background.ended();
    for (const { proxy } of this.seats) proxy.heal();
  }

  private async inflict(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'kill': {
        const { slot } = this.seat(fault.server);
        slot.skewMs = fault.skewMs;
        await slot.kill();
        return slot.start();
      }
      case 'stopShort':
      case 'stopLong': {
        const { slot } = this.seat(fault.server);
        slot.freeze();
        await this.pass(fault.forMs);
        return slot.thaw();
      }
      case 'terminateBackends':
        // There may be no database at the moment, which is fault enough.
        await terminateBackends(this.database.url, fault.share).catch(() => 0);
        return;
      case 'crashDatabase':
        return this.database.crash?.();
      case 'delay':
        return this.during(fault, (proxy) => proxy.delay(fault.byMs));
      case 'swallow':
        return this.during(fault, (proxy) => proxy.swallow());
      case 'cut':
        return this.seat(fault.server).proxy.cut(() => this.random.uniform() < fault.share);
      case 'loseCommit':
      case 'loseWrite':
        return this.seat(fault.server).proxy.loseNext(fault.kind === 'loseCommit' ? 'commit' : 'write', fault.count);
    }
  }

  private async during(
    { server, forMs }: { readonly server: number; readonly forMs: number },
    begin: (proxy: DatabaseProxy) => void,
  ): Promise<void> {
    const { proxy } = this.seat(server);
    begin(proxy);
    await this.pass(forMs);
    proxy.heal();
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
