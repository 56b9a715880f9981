import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** A free value of a contact. */
export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

@Entity('contacts')
export class ContactEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  /** E.164. */
  @Column('text', { nullable: true })
  phone: string | null;

  /** Equal for the spellings of one number, see platform/phone. */
  @Column('text', { name: 'phone_key', nullable: true })
  phoneKey: string | null;

  @Column('text', { nullable: true })
  email: string | null;

  @Column('text', { nullable: true })
  city: string | null;

  @Column('text', { name: 'time_zone', nullable: true })
  timeZone: string | null;

  @Column('jsonb')
  attributes: Attributes;

  @Column('text', { name: 'search_text', select: false })
  searchText: string;

  /** Made by sending to a bare number; not listed until somebody names it. */
  @Column('boolean')
  implicit: boolean;

  @Column('timestamptz', { name: 'opted_out_at', nullable: true })
  optedOutAt: Date | null;

  /** Set on what is left of a contact whose personal data was erased. */
  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}

/** A contact as it is read. */
export type ContactRow = Readonly<Omit<ContactEntity, 'searchText'>>;
