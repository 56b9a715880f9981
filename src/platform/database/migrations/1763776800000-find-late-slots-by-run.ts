import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
DROP INDEX delivery_queue_late_slots;
CREATE INDEX delivery_queue_slots_of_run ON delivery_queue (run_id, slot_at) WHERE slot_at IS NOT NULL;
CREATE INDEX schedule_runs_campaigns ON schedule_runs (id) WHERE status = 'RUNNING' AND planned_from IS NOT NULL;`;

const DOWN = `
DROP INDEX schedule_runs_campaigns;
DROP INDEX delivery_queue_slots_of_run;
CREATE INDEX delivery_queue_late_slots ON delivery_queue (slot_at) WHERE slot_at IS NOT NULL;`;

/** What has missed its instant is looked for run by run, so that what waits in a paused campaign is not read. */
export class FindLateSlotsByRun1763776800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
