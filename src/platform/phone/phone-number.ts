// The full metadata, 145 kB: with the smaller sets a Brazilian mobile without its area code counts as valid, and
// nobody could ever be reached at it; the mobile set on the other hand refuses landlines, which WhatsApp allows.
import { isSupportedCountry, parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max';
import { err, ok, type Result } from '../../core/values/result.js';

/** A number as it is stored and dialled. */
export interface ParsedPhone {
  /** E.164: +, country code, national number; digits only. */
  readonly e164: string;
}

/**
 * Why a text is no phone number. `notANumber`: it cannot be read as one, or more than one stands there. `invalid`: no
 * such number exists in its country; most often the area code or a digit is missing.
 */
export type PhoneProblem = 'notANumber' | 'invalid';

const NINTH_DIGIT_MOBILE = /^\+55(\d\d)9([6-9]\d{7})$/;
const EIGHT_DIGIT_MOBILE = /^\+55(\d\d)([6-9]\d{7})$/;

/**
 * Reads a number as a person types it. Without an international prefix (+ or 00) it belongs to `defaultCountry`, an ISO
 * 3166 code such as BR; with a country that is not known only international numbers are read.
 *
 * Brazilian mobiles are also accepted as they were before the ninth digit came (2012 to 2016): lists still have them,
 * and WhatsApp still knows many accounts by them. They are kept as typed; {@link phoneMatchKey} finds the two spellings.
 */
export function parsePhone(text: string, defaultCountry: string): Result<ParsedPhone, PhoneProblem> {
  const international = text.trim().replace(/^00/, '+');
  const number = parsePhoneNumberFromString(international, {
    extract: false,
    ...(isSupportedCountry(defaultCountry) ? { defaultCountry } : {}),
  });
  if (number === undefined) return err('notANumber');
  return isReachable(number) ? ok({ e164: number.number }) : err('invalid');
}

/**
 * The same for all spellings of one number, different for different numbers: a Brazilian mobile without the ninth digit
 * has the key of the one with it; every other number is its own key. For comparing only, never for sending.
 */
export function phoneMatchKey(e164: string): string {
  return e164.replace(EIGHT_DIGIT_MOBILE, '+55$19$2');
}

/** The reason for a person, in English. */
export function describePhoneProblem(problem: PhoneProblem): string {
  return problem === 'notANumber'
    ? 'cannot be read as one phone number'
    : 'is not an existing phone number; is the area code or a digit missing?';
}

function isReachable(number: PhoneNumber): boolean {
  if (number.isValid()) return true;
  const withNinthDigit = phoneMatchKey(number.number);
  if (!NINTH_DIGIT_MOBILE.test(withNinthDigit)) return false;
  return parsePhoneNumberFromString(withNinthDigit)?.isValid() === true;
}
