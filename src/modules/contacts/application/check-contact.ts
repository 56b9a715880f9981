import { isEmail } from 'class-validator';
import { placeholderKey } from '../../../core/templating/parse-template.js';
import type { Violation } from '../../../core/values/violation.js';
import { describePhoneProblem, parsePhone, phoneMatchKey } from '../../../platform/phone/phone-number.js';
import type { Attributes, AttributeValue } from './contact-rows.js';

/** How long and how many things of a contact may be. Lengths count UTF-16 units. */
export const CONTACT_LIMITS = {
  name: 200,
  email: 254,
  city: 200,
  attributes: 50,
  attributeKey: 64,
  attributeValue: 1_000,
  nicknames: 20,
  nickname: 200,
  tone: 50,
  groups: 1_000,
} as const;

/** A contact as a client writes it. An absent field changes nothing; null clears. */
export interface ContactInput {
  readonly name?: string | null | undefined;
  /** As typed. */
  readonly phone?: unknown;
  readonly email?: string | null | undefined;
  readonly city?: string | null | undefined;
  /** A checked zone name. */
  readonly timeZone?: unknown;
  readonly attributes?: unknown;
  readonly nicknames?: readonly NicknameInput[] | null | undefined;
  readonly groupIds?: readonly string[] | null | undefined;
}

export interface NicknameInput {
  readonly nickname: string;
  readonly tone?: string | null | undefined;
  readonly isDefault?: boolean | null | undefined;
}

/** A number and what it is compared by. */
export interface ContactPhone {
  readonly e164: string;
  readonly key: string;
}

/** What of a contact is to be written; an absent part stays as it is. */
export interface ContactChanges {
  name?: string;
  phone?: ContactPhone | null;
  email?: string | null;
  city?: string | null;
  timeZone?: string | null;
  attributes?: Attributes;
  nicknames?: readonly { readonly nickname: string; readonly tone: string | null; readonly isDefault: boolean }[];
  /** As given, not known to exist. */
  groupIds?: readonly string[];
}

/** PostgreSQL stores neither NUL nor half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * Checks a contact and puts it into the form that is stored: trimmed, composed accents, numbers in E.164 (read in
 * `country` when they have no country code). `violations` has everything that is wrong, by the path of the field; when
 * there are any, `changes` is incomplete and good for looking further only.
 */
export function checkContact(
  input: ContactInput,
  country: string,
): { readonly changes: ContactChanges; readonly violations: readonly Violation[] } {
  const check = new ContactCheck(country);
  check.name(input.name);
  check.phone(input.phone);
  check.email(input.email);
  check.city(input.city);
  check.timeZone(input.timeZone);
  check.attributes(input.attributes);
  check.nicknames(input.nicknames);
  check.groupIds(input.groupIds);
  return check;
}

/** A name of a contact or group: trimmed, with composed accents. A violation when it is empty, too long or cannot be stored. */
export function checkName(
  field: string,
  text: string,
): { readonly name: string; readonly violations: readonly Violation[] } {
  const name = text.normalize('NFC').trim();
  const limit = CONTACT_LIMITS.name;
  if (name === '' || name.length > limit) {
    return { name, violations: [{ field, message: `must have 1 to ${limit} characters`, rule: 'length' }] };
  }
  return { name, violations: unstorable(field, name) };
}

class ContactCheck {
  readonly changes: ContactChanges = {};
  readonly violations: Violation[] = [];

  constructor(private readonly country: string) {}

  name(value: ContactInput['name']): void {
    if (value === undefined) return;
    if (value === null) return this.refuse('name', 'must not be null', 'required');
    const checked = checkName('input.name', value);
    this.violations.push(...checked.violations);
    this.changes.name = checked.name;
  }

  phone(value: unknown): void {
    if (value === undefined) return;
    if (typeof value !== 'string') {
      // Only null is left: a value that is no text was refused when the argument was read.
      this.changes.phone = null;
      return;
    }
    const parsed = parsePhone(value, this.country);
    if (!parsed.ok) return this.refuse('phone', describePhoneProblem(parsed.error), 'phone');
    this.changes.phone = { e164: parsed.value.e164, key: phoneMatchKey(parsed.value.e164) };
  }

  email(value: ContactInput['email']): void {
    if (value === undefined) return;
    const email = value === null ? null : value.trim();
    if (email !== null && (email.length > CONTACT_LIMITS.email || !isEmail(email))) {
      return this.refuse('email', `must be an e-mail address of at most ${CONTACT_LIMITS.email} characters`, 'email');
    }
    this.changes.email = email;
  }

  city(value: ContactInput['city']): void {
    if (value === undefined) return;
    const city = value === null ? '' : value.normalize('NFC').trim();
    this.limit('city', city, CONTACT_LIMITS.city);
    this.changes.city = city === '' ? null : city;
  }

  timeZone(value: unknown): void {
    if (value === undefined) return;
    this.changes.timeZone = typeof value === 'string' ? value : null;
  }

  attributes(value: unknown): void {
    if (value === undefined) return;
    if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
      return this.refuse('attributes', 'must be an object of keys and values', 'object');
    }
    const entries = Object.entries(value ?? {});
    if (entries.length > CONTACT_LIMITS.attributes) {
      this.refuse('attributes', `must have at most ${CONTACT_LIMITS.attributes} keys`, 'maxItems');
    }
    this.changes.attributes = Object.fromEntries(entries.filter(([key, inner]) => this.attribute(key, inner)));
  }

  nicknames(value: ContactInput['nicknames']): void {
    if (value === undefined) return;
    const given = value ?? [];
    if (given.length > CONTACT_LIMITS.nicknames) {
      this.refuse('nicknames', `must have at most ${CONTACT_LIMITS.nicknames} entries`, 'maxItems');
    }
    const firstDefault = given.findIndex((nickname) => nickname.isDefault === true);
    this.changes.nicknames = given.map(({ nickname, tone, isDefault }, index) => {
      const field = `nicknames.${index}`;
      const text = nickname.normalize('NFC').trim();
      if (text === '') this.refuse(`${field}.nickname`, 'must not be empty', 'length');
      this.limit(`${field}.nickname`, text, CONTACT_LIMITS.nickname);
      this.limit(`${field}.tone`, tone ?? '', CONTACT_LIMITS.tone);
      if (isDefault === true && index > firstDefault)
        this.refuse(`${field}.isDefault`, 'must be true for one nickname only', 'oneDefault');
      return { nickname: text, tone: tone?.trim() || null, isDefault: isDefault === true };
    });
  }

  groupIds(value: ContactInput['groupIds']): void {
    if (value === undefined) return;
    const given = value ?? [];
    if (given.length > CONTACT_LIMITS.groups) {
      return this.refuse('groupIds', `must have at most ${CONTACT_LIMITS.groups} entries`, 'maxItems');
    }
    this.changes.groupIds = given;
  }

  /** Whether the attribute is kept: null means that the contact has no value for the key. */
  private attribute(key: string, value: unknown): value is AttributeValue {
    const field = `attributes.${key.slice(0, CONTACT_LIMITS.attributeKey)}`;
    if (key.length > CONTACT_LIMITS.attributeKey) {
      this.refuse(field, `the key must have at most ${CONTACT_LIMITS.attributeKey} characters`, 'maxLength');
    }
    if (placeholderKey(key) === '')
      this.refuse(field, 'the key must have a letter or digit, to be a placeholder', 'placeholder');
    this.violations.push(...unstorable(`input.${field}`, key));
    if (value === null || value === undefined) return false;
    if (typeof value === 'string') this.limit(field, value, CONTACT_LIMITS.attributeValue);
    else if (!Number.isFinite(value) && typeof value !== 'boolean') {
      this.refuse(field, 'must be a text, a number or a boolean', 'scalar');
    }
    return true;
  }

  private limit(field: string, text: string, length: number): void {
    if (text.length > length) this.refuse(field, `must have at most ${length} characters`, 'maxLength');
    this.violations.push(...unstorable(`input.${field}`, text));
  }

  private refuse(field: string, message: string, rule: string): void {
    this.violations.push({ field: `input.${field}`, message, rule });
  }
}

function unstorable(field: string, text: string): Violation[] {
  if (!UNSTORABLE.test(text)) return [];
  return [{ field, message: 'has a character that cannot be stored', rule: 'characters' }];
}
