import { Injectable } from '@nestjs/common';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { LeasesRepository } from '../persistence/leases.repository.js';

/** Tokens that one number of the sequence stands for. All of them stay below 2^53 for 2^33 numbers. */
const TOKENS_PER_BLOCK = 2 ** 20;

/**
 * Tokens of leases: each is used once, ever. They do not come from the sequence one by one, because a claim is committed
 * without waiting for the disk: a crash of the database would forget that, and give the same token to two claims.
 */
@Injectable()
export class LeaseTokens {
  private next = 0;
  private end = 0;

  constructor(
    private readonly database: WorkerDatabase,
    private readonly leases: LeasesRepository,
  ) {}

  async take(): Promise<number> {
    if (this.next === this.end) {
      const block = await this.leases.takeTokenBlock(this.database);
      this.next = block * TOKENS_PER_BLOCK;
      this.end = this.next + TOKENS_PER_BLOCK;
    }
    const token = this.next;
    this.next += 1;
    return token;
  }
}
