import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

@Entity('nicknames')
export class NicknameEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'contact_id' })
  contactId: string;

  @Column('text')
  nickname: string;

  @Column('text', { nullable: true })
  tone: string | null;

  @Column('boolean', { name: 'is_default' })
  isDefault: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

/** A nickname as it is read. */
export type NicknameRow = Readonly<NicknameEntity>;
