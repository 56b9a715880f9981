import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One call of a gateway, begun before it was made. Written by the dispatcher; nobody ever changes a finished one. */
@Entity('delivery_attempts')
export class DeliveryAttemptEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId: string;

  @PrimaryColumn('uuid', { name: 'delivery_id' })
  deliveryId: string;

  @PrimaryColumn('smallint')
  number: number;

  @Column('bigint', { name: 'lease_token', select: false })
  leaseToken: number;

  @Column('timestamptz', { name: 'started_at' })
  startedAt: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt: Date | null;

  @Column('integer', { name: 'duration_ms', nullable: true })
  durationMs: number | null;

  @Column('text', { nullable: true })
  outcome: string | null;

  @Column('text', { name: 'error_code', nullable: true })
  errorCode: string | null;

  @Column('text', { name: 'error_message', nullable: true })
  errorMessage: string | null;
}

/** An attempt as it is read. */
export type DeliveryAttemptRow = Readonly<Omit<DeliveryAttemptEntity, 'leaseToken'>>;
