import { Field, ID, InputType, registerEnumType } from '@nestjs/graphql';
import { IsOptional, Matches, MaxLength } from 'class-validator';
import { Json, PhoneNumber, TimeZone } from '../../../platform/graphql/scalars.js';
import { IMPORT_FORMATS, type ImportFormat } from '../application/contact-import.service.js';

registerEnumType(IMPORT_FORMATS, { name: 'ImportFormat' });

@InputType('NicknameInput')
export class NicknameInput {
  @Field(() => String)
  nickname: string;

  @Field(() => String, { nullable: true })
  tone?: string | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false })
  isDefault?: boolean | null;
}

@InputType('CreateContactInput')
export class CreateContactInput {
  /** application/check-contact.ts knows what a contact may be, for this, for updates and for imports. */
  static readonly checkedByService = true;

  @Field(() => String)
  name: string;

  @Field(() => PhoneNumber, { nullable: true })
  phone?: unknown;

  @Field(() => String, { nullable: true })
  email?: string | null;

  @Field(() => String, { nullable: true })
  city?: string | null;

  @Field(() => TimeZone, { nullable: true })
  timeZone?: unknown;

  @Field(() => Json, { nullable: true })
  attributes?: unknown;

  @Field(() => [NicknameInput], { nullable: true })
  nicknames?: NicknameInput[] | null;

  @Field(() => [ID], { nullable: true })
  groupIds?: string[] | null;
}

@InputType('UpdateContactInput', { description: 'An absent field stays as it is, null clears it; lists are replaced.' })
export class UpdateContactInput {
  static readonly checkedByService = true;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => PhoneNumber, { nullable: true })
  phone?: unknown;

  @Field(() => String, { nullable: true })
  email?: string | null;

  @Field(() => String, { nullable: true })
  city?: string | null;

  @Field(() => TimeZone, { nullable: true })
  timeZone?: unknown;

  @Field(() => Json, { nullable: true })
  attributes?: unknown;

  @Field(() => [NicknameInput], { nullable: true })
  nicknames?: NicknameInput[] | null;

  @Field(() => [ID], { nullable: true })
  groupIds?: string[] | null;
}

@InputType('ContactFilter')
export class ContactFilter {
  @Field(() => String, {
    nullable: true,
    description: 'Part of the name, number, e-mail address, city or a nickname; case and accents do not matter.',
  })
  @IsOptional()
  @MaxLength(200, { message: 'must have at most 200 characters' })
  @Matches(/^[^\0]*$/, { message: 'has a character that no text has' })
  search?: string | null;

  @Field(() => ID, { nullable: true })
  groupId?: string | null;

  @Field(() => Boolean, { nullable: true })
  optedOut?: boolean | null;
}

@InputType('ImportContactsInput')
export class ImportContactsInput {
  static readonly checkedByService = true;

  @Field(() => IMPORT_FORMATS)
  format: ImportFormat;

  @Field(() => String, {
    description:
      "The file's text. CSV: a header line; name, phone, email, city, nickname, groups (separated by ;), time_zone and any further column as an attribute; Portuguese headers (nome, telefone, cidade, apelido, grupos) mean the same; , or ; as separator; UTF-8 or a UTF-8 BOM.",
  })
  content: string;

  @Field(() => ID, { nullable: true })
  groupId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Report what would happen and change nothing.',
  })
  dryRun?: boolean | null;
}
