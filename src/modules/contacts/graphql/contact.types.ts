import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { Connection } from '../../../platform/graphql/pagination.js';
import { DateTime, Json, PhoneNumber, TimeZone } from '../../../platform/graphql/scalars.js';

@ObjectType('Nickname')
export class NicknameType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  nickname: string;

  @Field(() => String, { nullable: true })
  tone: string | null;

  @Field(() => Boolean)
  isDefault: boolean;
}

/** `nicknames` and `groups` are resolved by ContactFieldsResolver. */
@ObjectType('Contact')
export class ContactType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  name: string;

  @Field(() => PhoneNumber, { nullable: true })
  phone: string | null;

  @Field(() => String, { nullable: true })
  email: string | null;

  @Field(() => String, { nullable: true })
  city: string | null;

  @Field(() => TimeZone, { nullable: true })
  timeZone: string | null;

  @Field(() => Json, { description: 'Free key/value pairs; each key is a placeholder in messages.' })
  attributes: unknown;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Set when the contact asked to receive nothing more: nothing is sent from that moment on.',
  })
  optedOutAt: Date | null;

  @Field(() => DateTime)
  createdAt: Date;

  @Field(() => DateTime)
  updatedAt: Date;
}

@ObjectType('ContactConnection')
export class ContactConnectionType extends Connection(ContactType) {}

/** `memberCount` and `contacts` are resolved by ContactGroupsResolver. */
@ObjectType('ContactGroup')
export class ContactGroupType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  name: string;

  @Field(() => String, { nullable: true })
  googleId: string | null;
}

@ObjectType('ContactGroupConnection')
export class ContactGroupConnectionType extends Connection(ContactGroupType) {}

@ObjectType('ImportRejection')
export class ImportRejectionType {
  @Field(() => Int, { description: 'Where the record starts in the file; the header is line 1.' })
  line: number;

  @Field(() => String)
  reason: string;
}

@ObjectType('ImportReport')
export class ImportReportType {
  @Field(() => Int)
  created: number;

  @Field(() => Int)
  updated: number;

  @Field(() => Int)
  unchanged: number;

  @Field(() => Int)
  duplicates: number;

  @Field(() => [ImportRejectionType])
  rejected: ImportRejectionType[];
}
