import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../database/database.js';
import { MIGRATIONS } from '../database/migrations/index.js';
import { HealthChecks, type CheckResult } from './health-checks.js';

/** The database answers and has the tables that this program was written for. */
@Injectable()
export class DatabaseCheck implements OnModuleInit {
  private migrated = false;

  constructor(
    private readonly database: Database,
    private readonly checks: HealthChecks,
  ) {}

  onModuleInit(): void {
    this.checks.register('database', () => this.answers());
    this.checks.register('migrations', () => this.applied());
  }

  private async answers(): Promise<CheckResult> {
    await this.database.query('SELECT 1');
    return { ok: true };
  }

  /** Asked until it is so: a migration is not taken back under a running program. */
  private async applied(): Promise<CheckResult> {
    if (this.migrated) return { ok: true };
    const rows = await this.database.query<{ name: string }>('SELECT name FROM migrations');
    const done = new Set(rows.map(({ name }) => name));
    const missing = MIGRATIONS.map(({ name }) => name).filter((name) => !done.has(name));
    if (missing.length > 0) return { ok: false, reason: `not applied: ${missing.join(', ')}` };
    this.migrated = true;
    return { ok: true };
  }
}
