import { IANAZone } from 'luxon';
import { err, ok, type Result } from '../values/result.js';

declare const timeZoneBrand: unique symbol;

/**
 * The name of an IANA time zone that this runtime knows, in its canonical spelling ("America/Cuiaba").
 * A link keeps its own name: "Asia/Kolkata" is not turned into "Asia/Calcutta". Only {@link parseTimeZone} makes one.
 */
export type TimeZone = string & { readonly [timeZoneBrand]: true };

/**
 * Why a zone was refused. `empty`: nothing but blanks. `offset`: an offset from UTC, which says nothing about
 * summer time and so cannot hold a recurring schedule. `unknown`: not a name in the runtime's tz database.
 */
export interface TimeZoneError {
  readonly kind: 'empty' | 'offset' | 'unknown';
  readonly message: string;
}

const MAX_NAME_LENGTH = 64;
const MAX_REMEMBERED_NAMES = 2_000;
const NAME = /^[A-Za-z][A-Za-z0-9_]*(?:[/+-][A-Za-z0-9_]+)*$/;
const OFFSET = /^(?:UTC|GMT|Z)?\s*[+-]\s*\d/i;
/** "Etc/GMT+3" and the links "GMT+0" and "GMT-0" look like offsets and are names of the tz database. */
const NAMED_OFFSET = /^(?:Etc\/GMT[+-]\d{1,2}|GMT[+-]0)$/i;

/**
 * The words in tz database names that are not written with one leading capital (tzdata 2025b).
 * ICU also accepts three-letter abbreviations that the database does not have and that mean different zones to
 * different people (IST, CST, BST …); a three-letter name that is not in this list is refused.
 */
const IRREGULAR_WORDS = new Map(
  (
    'ACT BajaNorte BajaSur CET CHAT ComodRivadavia CST6CDT DeNoronha DumontDUrville EasterIsland EET EST EST5EDT GB ' +
    'GMT GMT0 HST Knox_IN LHI McMurdo MET MST MST7MDT NSW NZ PRC PST8PDT ROC ROK SU UCT US UTC WET'
  )
    .split(' ')
    .map((word) => [word.toLowerCase(), word]),
);

const remembered = new Map<string, TimeZone>();

/**
 * Reads the name of a time zone, in any case, with blanks around it ignored.
 * Refused: offsets ("+03:00", "UTC+3"), abbreviations that the tz database does not have ("PST", "IST"), anything
 * that the runtime does not know, and names longer than 64 characters.
 */
export function parseTimeZone(name: string): Result<TimeZone, TimeZoneError> {
  const known = remembered.get(name);
  if (known !== undefined) return ok(known);

  const text = name.trim();
  if (text === '') return err({ kind: 'empty', message: 'A time zone is needed, for example "America/Cuiaba".' });
  if (OFFSET.test(text) && !NAMED_OFFSET.test(text)) {
    return err({
      kind: 'offset',
      message: 'An offset is not a time zone: give the name of a place, for example "America/Cuiaba".',
    });
  }
  if (!isKnownName(text)) {
    return err({
      kind: 'unknown',
      message: 'This time zone is not known: give an IANA name, for example "America/Cuiaba".',
    });
  }

  const zone = canonicalSpelling(text) as TimeZone;
  // Validating a name costs about 50 µs, and every schedule that is loaded asks for one; the bound keeps junk spellings out.
  if (remembered.size >= MAX_REMEMBERED_NAMES) remembered.clear();
  remembered.set(name, zone);
  return ok(zone);
}

function isKnownName(text: string): boolean {
  if (text.length > MAX_NAME_LENGTH || !NAME.test(text)) return false;
  if (/^SystemV\//i.test(text)) return false;
  if (/^[a-z]{3}$/i.test(text) && !IRREGULAR_WORDS.has(text.toLowerCase())) return false;
  return IANAZone.isValidZone(text);
}

function canonicalSpelling(text: string): string {
  // The runtime answers with its own spelling, but for a link it may answer with another name.
  const resolved = new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone;
  if (resolved.toLowerCase() === text.toLowerCase()) return resolved;
  return text.replace(/[^/+-]+/g, (word) => IRREGULAR_WORDS.get(word.toLowerCase()) ?? capitalised(word));
}

function capitalised(word: string): string {
  return word.toLowerCase().replace(/(^|_)([a-z])/g, (_, lead: string, letter: string) => lead + letter.toUpperCase());
}
