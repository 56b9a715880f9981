import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import { LeasesRepository } from '../persistence/leases.repository.js';
import { OutcomesRepository, type ClaimedOutcome, type Release } from '../persistence/outcomes.repository.js';
import { Announcements } from './announcements.js';

/** The end of a hold without a call. `finish` may hold several endings of which the row's guards choose one. */
export interface Ending {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly token: number;
  readonly channelId: string;
  readonly release?: Release;
  readonly finish?: readonly ClaimedOutcome[];
}

/** Ends holds of deliveries that were claimed and not called. */
@Injectable()
export class Releases {
  constructor(
    private readonly repository: OutcomesRepository,
    private readonly leases: LeasesRepository,
    private readonly announcements: Announcements,
  ) {}

  /**
   * Guarded by state and token: writing it twice is writing it once. `ended` are the deliveries whose hold this ended; the
   * others were moved by somebody else, or by a try of ours whose reply was lost. `announce` is for after the commit.
   */
  async write(
    sql: Sql,
    endings: readonly Ending[],
  ): Promise<{ readonly ended: ReadonlySet<string>; readonly announce: () => void }> {
    const finished = endings.flatMap((ending) => ending.finish ?? []);
    const changes = finished.length === 0 ? [] : await this.repository.finishClaimed(sql, finished);
    const released = endings.flatMap((ending) => (ending.release ? [ending.release] : []));
    const waiting = released.length === 0 ? [] : await this.repository.release(sql, released);
    return {
      ended: new Set([...changes.map((change) => change.deliveryId), ...waiting]),
      // The row's own status tells which of the offered endings it was.
      announce: () => this.announcements.finished(changes, 'PENDING', (change) => change.status),
    };
  }

  removeLeases(sql: Sql, tokens: readonly number[]): Promise<void> {
    return this.leases.remove(sql, tokens);
  }
}
