import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { GatewayKind } from '../../../core/gateway/message-gateway.js';
import type { ChannelStatus } from '../channel-status.js';

@Entity('channels')
export class ChannelEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  @Column('text')
  gateway: GatewayKind;

  @Column('text')
  status: ChannelStatus;

  @Column('text', { name: 'status_reason', nullable: true })
  statusReason: string | null;

  /** As they are shown: a mask stands where a secret is set. */
  @Column('jsonb')
  settings: Readonly<Record<string, unknown>>;

  /** The secrets of the settings as JSON, sealed. */
  @Column('bytea', { nullable: true, select: false })
  secrets: Buffer | null;

  @Column('text', { name: 'time_zone' })
  timeZone: string;

  @Column('integer', { name: 'per_minute' })
  perMinute: number;

  @Column('integer')
  burst: number;

  /** null: a tenth of perMinute, at least 1. */
  @Column('integer', { name: 'per_contact_per_minute', nullable: true })
  perContactPerMinute: number | null;

  @Column('integer', { name: 'per_day', nullable: true })
  perDay: number | null;

  @Column('integer', { name: 'min_spacing_seconds' })
  minSpacingSeconds: number;

  /** Minutes after local midnight; null with {@link sendingToMinute}: any hour. */
  @Column('smallint', { name: 'sending_from_minute', nullable: true })
  sendingFromMinute: number | null;

  @Column('smallint', { name: 'sending_to_minute', nullable: true })
  sendingToMinute: number | null;

  /** ISO weekdays, rising. */
  @Column('smallint', { name: 'sending_weekdays', array: true })
  sendingWeekdays: number[];

  /** Rises with every change. */
  @Column('integer', { default: 1 })
  version: number;

  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}

/** A channel as it is read. */
export type ChannelRow = Readonly<Omit<ChannelEntity, 'secrets'>>;
