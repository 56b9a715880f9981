import type { ContactRow, GroupRow, NicknameRow } from '../application/contact-rows.js';
import type { ContactGroupType, ContactType, NicknameType } from './contact.types.js';

export function toContactType(row: ContactRow): ContactType {
  const { id, name, phone, email, city, timeZone, attributes, optedOutAt, createdAt, updatedAt } = row;
  return { id, name, phone, email, city, timeZone, attributes, optedOutAt, createdAt, updatedAt };
}

export function toNicknameType({ id, nickname, tone, isDefault }: NicknameRow): NicknameType {
  return { id, nickname, tone, isDefault };
}

export function toContactGroupType({ id, name, googleId }: GroupRow): ContactGroupType {
  return { id, name, googleId };
}
