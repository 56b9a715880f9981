/** The longest texts of a contact, in UTF-16 units. */
export const CONTACT_LIMITS = {
  name: 1_000,
  email: 254,
  city: 200,
  nickname: 200,
  groupName: 200,
  attributeKey: 100,
  attributeValue: 2_000,
} as const;

/** One contact as a file tells it, valid in itself; what the tenant already has is not known here. */
export interface ParsedContact {
  /** The line of the file on which it starts, from 1. */
  readonly line: number;
  readonly name: string;
  /** E.164. */
  readonly phone: string | null;
  /** Equal for the spellings of one number; null without a phone. */
  readonly phoneKey: string | null;
  /** As written; two addresses that differ only in case are the same. */
  readonly email: string | null;
  readonly city: string | null;
  readonly nickname: string | null;
  /** Names of groups, each once whatever its case. */
  readonly groups: readonly string[];
  /** A canonical IANA name. */
  readonly timeZone: string | null;
  /** Further columns by their header; an empty field is left out. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A line that is not imported, and why. */
export interface RejectedLine {
  readonly line: number;
  /** For a person, in English; all reasons at once. */
  readonly reason: string;
}

/** What a file holds. Lines with nothing in them count nowhere. */
export interface ParsedContacts {
  /** In the order of the file, no two with the same number, nor with the same e-mail address and no number. */
  readonly contacts: readonly ParsedContact[];
  /** Lines that repeat an earlier contact of the file; the first one wins, and nothing of the later one is taken. */
  readonly duplicates: number;
  /** In the order of the file. */
  readonly rejected: readonly RejectedLine[];
}
