import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { MessageKind } from '../../../core/gateway/message-gateway.js';
import type { MessageStatus } from '../message-status.js';

@Entity('messages')
export class MessageEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  title: string;

  @Column('text')
  content: string;

  @Column('text')
  type: MessageKind;

  @Column('text')
  status: MessageStatus;

  @Column('text', { array: true })
  variations: string[];

  @Column('text', { name: 'attachment_url', nullable: true })
  attachmentUrl: string | null;

  @Column('text', { name: 'attachment_type', nullable: true })
  attachmentType: string | null;

  /** { name, language, components } of a TEMPLATE message. */
  @Column('jsonb', { nullable: true })
  template: Readonly<Record<string, unknown>> | null;

  /** Of the content and the variations, in order of first appearance. */
  @Column('text', { array: true })
  placeholders: string[];

  @Column('text', { name: 'search_text', select: false })
  searchText: string;

  /** Made by sending a bare text; not listed. */
  @Column('boolean')
  implicit: boolean;

  @Column('text', { name: 'created_by' })
  createdBy: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}

/** A message as it is read. */
export type MessageRow = Readonly<Omit<MessageEntity, 'searchText'>>;
