import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

@Entity('contact_groups')
export class ContactGroupEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  @Column('text', { name: 'google_id', nullable: true })
  googleId: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

/** A group as it is read. */
export type GroupRow = Readonly<ContactGroupEntity>;
