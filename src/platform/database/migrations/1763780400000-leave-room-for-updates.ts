import type { MigrationInterface, QueryRunner } from 'typeorm';

// A row that finds room for its next version on its own page touches no index. A queue row has two further versions, the
// others one. The key of the queue is the delivery alone, so that a batch is found by its ids, whatever tenants are in it.
const UP = `
ALTER TABLE delivery_queue DROP CONSTRAINT delivery_queue_pkey, ADD PRIMARY KEY (delivery_id);
ALTER TABLE deliveries SET (fillfactor = 50);
ALTER TABLE delivery_queue SET (fillfactor = 35);
ALTER TABLE delivery_attempts SET (fillfactor = 50);`;

const DOWN = `
ALTER TABLE delivery_queue DROP CONSTRAINT delivery_queue_pkey, ADD PRIMARY KEY (tenant_id, delivery_id);
ALTER TABLE deliveries SET (fillfactor = 80);
ALTER TABLE delivery_queue SET (fillfactor = 80);
ALTER TABLE delivery_attempts SET (fillfactor = 80);`;

/** Makes room on the pages of what dispatching updates. */
export class LeaveRoomForUpdates1763780400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
