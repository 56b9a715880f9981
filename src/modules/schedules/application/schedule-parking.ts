import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import { ParkingRepository } from '../persistence/parking.repository.js';
import type { ScheduleKey } from '../persistence/run-key.js';

const BATCH = 5_000;

/** Something that opens transactions: requests and loops have connections of their own. */
export interface Transactor {
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
}

/**
 * Carries a change of a schedule over to its deliveries that wait, in batches that commit one by one. Each batch first
 * makes sure that the schedule still is what the batch is for; a later change of mind is carried over by its own batches.
 * `mayGoOn` is asked between batches.
 */
@Injectable()
export class ScheduleParking {
  constructor(private readonly repository: ParkingRepository) {}

  /** Takes the deliveries off the clock while the schedule is paused. */
  park(database: Transactor, key: ScheduleKey, mayGoOn: () => boolean): Promise<number> {
    return this.inBatches(database, mayGoOn, async (tx) => {
      const schedule = await this.repository.readForShare(tx, key);
      return schedule?.isPaused === true ? this.repository.park(tx, key, BATCH) : 0;
    });
  }

  /** Puts parked deliveries back to their time while the schedule is neither paused nor cancelled. */
  unpark(database: Transactor, key: ScheduleKey, mayGoOn: () => boolean): Promise<number> {
    return this.inBatches(database, mayGoOn, async (tx) => {
      const schedule = await this.repository.readForShare(tx, key);
      const isActive = schedule?.isPaused === false && !schedule.isCancelled;
      return isActive ? this.repository.unpark(tx, key, BATCH) : 0;
    });
  }

  /** Gives deliveries the schedule's present priority, deadline and respect for the rate limit. */
  applySettings(database: Transactor, key: ScheduleKey, mayGoOn: () => boolean): Promise<number> {
    return this.inBatches(database, mayGoOn, (tx) => this.repository.applySettings(tx, key, BATCH));
  }

  private async inBatches(
    database: Transactor,
    mayGoOn: () => boolean,
    batch: (tx: Sql) => Promise<number>,
  ): Promise<number> {
    let total = 0;
    for (;;) {
      const count = await database.transaction(batch);
      total += count;
      if (count < BATCH || !mayGoOn()) return total;
    }
  }
}
