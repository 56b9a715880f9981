import type { OpeningHours } from '../openings/openings.js';
import type { DayNumber } from '../recurrence/civil-date.js';
import type { TimeZone } from '../recurrence/time-zone.js';
import type { DurationMs, EpochMs } from '../values/time.js';
import type { Reservation } from './free-time.js';

/** Everything that a plan depends on. */
export interface CampaignPlanInput {
  /** The campaign's own hours: its zone is the one of its days. */
  readonly hours: OpeningHours;
  /** The channel's sending hours, possibly in another zone: slots lie in both. null: at any time. */
  readonly channelHours: OpeningHours | null;
  /** Nothing is planned for an earlier instant; the present. */
  readonly fromMs: EpochMs;
  /** The first local date. */
  readonly startsOn: DayNumber;
  /** The last local date on which anything may be planned. */
  readonly lastDay: DayNumber;
  /** At most this many a local date of the campaign's zone. */
  readonly maxPerDay: number;
  /** How many of `maxPerDay` are used already: sent earlier, or kept where they are. */
  readonly usedPerDay: ReadonlyMap<DayNumber, number>;
  /** The channel's own cap, by the dates of its zone; null for none. */
  readonly dailyCap: DailyCap | null;
  /** No message of the plan is closer than this to any other message of the channel; 0 for no spacing. */
  readonly spacingMs: DurationMs;
  /** What has its instant on the channel already, in any order. */
  readonly reservations: readonly Reservation[];
  /** Ids of contacts in the order of the audience, each once. */
  readonly recipients: readonly string[];
  /** The minutes of the day that contacts are to be spared. */
  readonly minutes: TakenMinutes;
  /** Same seed and otherwise the same input: same plan. */
  readonly seed: string;
}

/** How many messages of a channel may go on a local date of its zone. */
export interface DailyCap {
  readonly zone: TimeZone;
  readonly perDay: number;
  /** How many of them are used already, sent or planned. */
  readonly used: ReadonlyMap<DayNumber, number>;
}

/** At which minutes of the day contacts had a message of the channel lately. */
export interface TakenMinutes {
  readonly zone: TimeZone;
  /** Minutes after local midnight by contact id; a contact that is absent had none. */
  readonly taken: ReadonlyMap<string, ReadonlySet<number>>;
}

/** When one contact is to get its message. */
export interface PlannedSlot {
  readonly contactId: string;
  readonly atMs: EpochMs;
  /** From here on the hours of the slot's day are over, of the campaign or of the channel, whichever close first. */
  readonly closesAtMs: EpochMs;
  /** The campaign's local date. */
  readonly day: DayNumber;
}

/** Each recipient is in exactly one of `slots` and `unplaced`. */
export interface CampaignPlan {
  /** Rising by instant. */
  readonly slots: readonly PlannedSlot[];
  /** Those for whom nothing is left up to the last day, in the order of the audience. */
  readonly unplaced: readonly string[];
  /** Those of `slots` who get a minute that they had, because no other was found on their day; rising by instant. */
  readonly sameMinute: readonly string[];
}
