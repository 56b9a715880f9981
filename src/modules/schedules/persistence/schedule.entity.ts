import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { MisfirePolicy } from '../../../core/recurrence/misfire.js';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import type { DeliveryGuarantee, ScheduleStatus, ScheduleType } from '../../../core/scheduling/schedule-words.js';

@Entity('schedules')
export class ScheduleEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  @Column('text', { nullable: true })
  description: string | null;

  @Column('text')
  type: ScheduleType;

  @Column('text')
  status: ScheduleStatus;

  /** Why it is FAILED, in a sentence. */
  @Column('text', { name: 'status_reason', nullable: true })
  statusReason: string | null;

  @Column('uuid', { name: 'message_id' })
  messageId: string;

  @Column('uuid', { name: 'channel_id' })
  channelId: string;

  @Column('timestamptz', { name: 'scheduled_at', nullable: true })
  scheduledAt: Date | null;

  @Column('text', { name: 'cron_expression', nullable: true })
  cronExpression: string | null;

  @Column('text', { name: 'time_zone' })
  timeZone: string;

  @Column('timestamptz', { name: 'starts_at', nullable: true })
  startsAt: Date | null;

  @Column('timestamptz', { name: 'ends_at', nullable: true })
  endsAt: Date | null;

  @Column('integer', { name: 'max_runs', nullable: true })
  maxRuns: number | null;

  @Column('text', { name: 'misfire_policy' })
  misfirePolicy: MisfirePolicy;

  @Column('integer', { name: 'misfire_grace_seconds', nullable: true })
  misfireGraceSeconds: number | null;

  @Column('smallint')
  priority: number;

  @Column('boolean', { name: 'use_nicknames' })
  useNicknames: boolean;

  @Column('boolean', { name: 'respect_rate_limit' })
  respectRateLimit: boolean;

  @Column('jsonb', { name: 'retry_policy' })
  retryPolicy: RetryPolicy;

  @Column('text')
  guarantee: DeliveryGuarantee;

  @Column('integer', { name: 'expires_after_seconds', nullable: true })
  expiresAfterSeconds: number | null;

  @Column('text', { name: 'client_reference', nullable: true })
  clientReference: string | null;

  /** Of a sendMessage; every delivery of it bears it too. */
  @Column('text', { name: 'client_message_id', nullable: true })
  clientMessageId: string | null;

  /** SHA-256 of the input that made it, to tell a repeated request from another one with the same reference. */
  @Column('bytea', { name: 'request_hash', nullable: true, select: false })
  requestHash: Buffer | null;

  /** null unless its type is CAMPAIGN. */
  @Column('jsonb', { nullable: true })
  campaign: CampaignSettings | null;

  /** Each contact gets it at that local time of its own zone. */
  @Column('boolean', { name: 'per_contact_time_zone' })
  perContactTimeZone: boolean;

  @Column('boolean', { name: 'is_test' })
  isTest: boolean;

  @Column('text', { name: 'conversation_id', nullable: true })
  conversationId: string | null;

  @Column('boolean', { name: 'private_note' })
  privateNote: boolean;

  /** null: nothing is to fire, because it is paused or over, or its last run is under way. */
  @Column('timestamptz', { name: 'next_run_at', nullable: true })
  nextRunAt: Date | null;

  @Column('timestamptz', { name: 'last_run_at', nullable: true })
  lastRunAt: Date | null;

  /** Runs created; missed and skipped ones do not count. */
  @Column('integer', { name: 'run_count' })
  runCount: number;

  @Column('integer')
  version: number;

  @Column('text', { name: 'search_text', select: false })
  searchText: string;

  @Column('text', { name: 'created_by' })
  createdBy: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}

/** A schedule as it is read. */
export type ScheduleRow = Readonly<Omit<ScheduleEntity, 'searchText' | 'requestHash'>>;
