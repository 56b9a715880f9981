import type { VirtualTime } from './virtual-time.js';

/** The database's clock: it goes with time, and jumps forwards when somebody sets it. */
export class ModelDatabaseClock {
  private readonly jumps: { readonly atUs: number; readonly byUs: number }[] = [];

  constructor(private readonly time: VirtualTime) {}

  readonly nowUs = (): number => this.at(this.time.nowUs);

  jump(byUs: number): void {
    this.jumps.push({ atUs: this.time.nowUs, byUs });
  }

  /** What it showed at an instant. */
  at(us: number): number {
    let shown = us;
    for (const { atUs, byUs } of this.jumps) if (atUs <= us) shown += byUs;
    return shown;
  }
}
