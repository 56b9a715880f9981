import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { RunState } from '../../../core/scheduling/schedule-words.js';

@Entity('schedule_runs')
export class ScheduleRunEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'schedule_id' })
  scheduleId: string;

  /** The nominal instant: with the schedule, the run's identity. */
  @Column('timestamptz', { name: 'due_at' })
  dueAt: Date;

  @Column('text')
  status: RunState;

  /** Why it is MISSED or SKIPPED. */
  @Column('text', { nullable: true })
  reason: string | null;

  /** How many occurrences a MISSED row stands for. */
  @Column('integer', { name: 'missed_count', nullable: true })
  missedCount: number | null;

  /** The last of them. */
  @Column('timestamptz', { name: 'missed_until', nullable: true })
  missedUntil: Date | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

/** A run as it is read. */
export type ScheduleRunRow = Readonly<ScheduleRunEntity>;
