import { checkExactlyOne } from '../../../core/scheduling/check-schedule.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import type { Violation } from '../../../core/values/violation.js';
import { describePhoneProblem, parsePhone, phoneMatchKey } from '../../../platform/phone/phone-number.js';
import type { SendMessageRequest } from './schedule-request.js';

/** Recipients of one message that is sent at once. */
export const MAX_RECIPIENTS = 1_000;

/** A number and what it is compared by. */
export interface RecipientPhone {
  readonly e164: string;
  readonly key: string;
}

/** Who is to get a message: contacts or numbers, in the order in which they were given, each once. */
export interface Recipients {
  readonly contactIds: readonly string[];
  readonly phones: readonly RecipientPhone[];
  readonly violations: readonly Violation[];
}

/** Reads the recipients of a request; numbers without a country code are numbers of `country`. */
export function checkRecipients(request: SendMessageRequest, country: string): Recipients {
  const { contactIds, to } = request;
  const given = contactIds ?? to ?? [];
  const field = contactIds ? 'input.contactIds' : 'input.to';
  const violations = checkExactlyOne('input.contactIds', isGiven(contactIds), 'input.to', isGiven(to));
  if (violations.length === 0 && given.length === 0) {
    violations.push({ field, message: 'give at least one recipient', rule: 'targets.required' });
  }
  if (given.length > MAX_RECIPIENTS) {
    violations.push({ field, message: `must have at most ${MAX_RECIPIENTS} entries`, rule: 'maxItems' });
    return { contactIds: [], phones: [], violations };
  }
  const read = readPhones(to ?? [], country);
  return {
    contactIds: contactIds ?? [],
    phones: read.phones,
    violations: [...violations, ...read.violations],
  };
}

/** Reads one number; without a country code it is a number of `country`. */
export function readPhone(text: string, country: string, field: string): Result<RecipientPhone, Violation> {
  const phone = parsePhone(text, country);
  if (!phone.ok) return err({ field, message: describePhoneProblem(phone.error), rule: 'phone' });
  return ok({ e164: phone.value.e164, key: phoneMatchKey(phone.value.e164) });
}

function readPhones(
  texts: readonly (string | undefined)[],
  country: string,
): { readonly phones: readonly RecipientPhone[]; readonly violations: readonly Violation[] } {
  const byKey = new Map<string, RecipientPhone>();
  const violations: Violation[] = [];
  texts.forEach((text, index) => {
    if (text === undefined) return;
    const phone = readPhone(text, country, `input.to.${index}`);
    if (!phone.ok) violations.push(phone.error);
    else if (!byKey.has(phone.value.key)) byKey.set(phone.value.key, phone.value);
  });
  return { phones: [...byKey.values()], violations };
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined;
}
