import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who cancelled a delivery is asked for whole pages of them. */
export class IndexAuditedSubjects1763773200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX audit_log_subject ON audit_log (tenant_id, subject_id, id) WHERE subject_id IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_log_subject');
  }
}
