import {
  ALL_WEEKDAYS,
  makeDailyWindow,
  makeWeekdays,
  WHOLE_DAY,
  type DailyWindow,
  type DailyWindowText,
} from '../openings/daily-window.js';
import { dateText, dayNumberAt, dayNumberOfText, type OpeningHours } from '../openings/openings.js';
import type { TimeZone } from '../recurrence/time-zone.js';
import { CREATE_DEFAULTS } from '../scheduling/request-defaults.js';
import { isStorable } from '../values/storable.js';
import type { EpochMs } from '../values/time.js';
import type { Violation } from '../values/violation.js';
import type { CampaignSettings } from './campaign-settings.js';
import { firstDayTogether } from '../openings/openings-together.js';

/** A campaign as a client describes it. null and absent are the same: not given. */
export interface CampaignDraft {
  readonly startsOn?: string | null | undefined;
  readonly weekdays?: readonly number[] | null | undefined;
  readonly window?: DailyWindowText | null | undefined;
  readonly maxPerDay?: number | null | undefined;
  readonly minSpacingSeconds?: number | null | undefined;
  readonly seed?: string | null | undefined;
}

/** What a campaign's rules depend on besides the campaign. */
export interface CampaignContext {
  /** null: the zone itself was refused, so that nothing can be said about days. */
  readonly zone: TimeZone | null;
  /** The channel's own sending hours; null when it has none, or is not known. */
  readonly channelHours: OpeningHours | null;
  readonly now: EpochMs;
  /** Taken when the client gives none. */
  readonly newSeed: string;
  /** The present settings when they are edited: a start that lies in the past may stay. */
  readonly present: CampaignSettings | null;
}

/** The settings when there is no violation. */
export interface CheckedCampaign {
  readonly violations: readonly Violation[];
  readonly settings: CampaignSettings | null;
}

/** Bounds of a campaign's numbers, inclusive. */
export const CAMPAIGN_LIMITS = {
  maxPerDay: { min: 1, max: 100_000 },
  minSpacingSeconds: { min: 0, max: 86_400 },
  seedLength: 200,
} as const;

/** How far ahead a campaign may begin, and how long after its beginning it may go on, in days. */
export const CAMPAIGN_HORIZON_DAYS = 366;

/** Everything that a campaign's fields break by themselves and together. */
export function checkCampaign(
  draft: CampaignDraft,
  context: CampaignContext,
  path = 'input.campaign',
): CheckedCampaign {
  const maxPerDay = draft.maxPerDay ?? CREATE_DEFAULTS.campaign.maxPerDay;
  const minSpacingSeconds = draft.minSpacingSeconds ?? CREATE_DEFAULTS.campaign.minSpacingSeconds;
  const weekdays = makeWeekdays(draft.weekdays ?? ALL_WEEKDAYS, `${path}.weekdays`);
  const window = isReadable(draft.window) ? makeDailyWindow(draft.window, `${path}.window`) : null;
  const openWindow = window?.ok === true ? window.value : (context.channelHours?.window ?? WHOLE_DAY);
  const violations = [
    ...checkStart(draft.startsOn, context, `${path}.startsOn`),
    ...(weekdays.ok ? [] : weekdays.error),
    ...(window?.ok === false ? window.error : []),
    ...checkWhole(maxPerDay, CAMPAIGN_LIMITS.maxPerDay, `${path}.maxPerDay`),
    ...checkWhole(minSpacingSeconds, CAMPAIGN_LIMITS.minSpacingSeconds, `${path}.minSpacingSeconds`),
    ...(window?.ok === false
      ? []
      : checkSpacing(minSpacingSeconds, maxPerDay, openWindow, `${path}.minSpacingSeconds`)),
    ...checkSeed(draft.seed, `${path}.seed`),
  ];
  const { startsOn } = draft;
  if (violations.length > 0 || !weekdays.ok || typeof startsOn !== 'string') return { violations, settings: null };
  const settings: CampaignSettings = {
    startsOn,
    weekdays: weekdays.value,
    ...openWindow,
    maxPerDay,
    minSpacingSeconds,
    seed: draft.seed ?? context.present?.seed ?? context.newSeed,
  };
  const closed = context.zone === null ? [] : checkOpens(settings, context.zone, context.channelHours, path);
  return closed.length > 0 ? { violations: closed, settings: null } : { violations: [], settings };
}

/** When a campaign may send, by its own settings. */
export function campaignHours(settings: CampaignSettings, zone: TimeZone): OpeningHours {
  const { fromMinute, toMinute, weekdays } = settings;
  return { zone, window: { fromMinute, toMinute }, weekdays };
}

/** A time that could not be read is told already; without it nothing can be said about the window. */
function isReadable(window: Partial<DailyWindowText> | null | undefined): window is DailyWindowText {
  return typeof window?.from === 'string' && typeof window.to === 'string';
}

function checkStart(startsOn: string | null | undefined, { zone, now, present }: CampaignContext, field: string) {
  // Absent: it could not be read, and that is told already.
  if (typeof startsOn !== 'string' || zone === null || startsOn === present?.startsOn) return [];
  const today = dayNumberAt(zone, now);
  const day = dayNumberOfText(startsOn);
  if (day < today) return [{ field, rule: 'past', message: `must not be before today, ${dateText(today)} in ${zone}` }];
  if (day > today + CAMPAIGN_HORIZON_DAYS) {
    return [{ field, rule: 'maxDaysAhead', message: `must be at most ${CAMPAIGN_HORIZON_DAYS} days ahead` }];
  }
  return [];
}

/** A spacing longer than the window lets one message a day go: with a larger maxPerDay that is a mistake, not a wish. */
function checkSpacing(seconds: number, maxPerDay: number, window: DailyWindow, field: string): Violation[] {
  const windowSeconds = (window.toMinute - window.fromMinute) * 60;
  if (seconds <= windowSeconds || maxPerDay === 1) return [];
  const message = `is longer than the window of ${windowSeconds} seconds, so that no two messages fit into a day`;
  return [{ field, rule: 'spacing.nothingFits', message }];
}

function checkOpens(settings: CampaignSettings, zone: TimeZone, channelHours: OpeningHours | null, path: string) {
  const first = dayNumberOfText(settings.startsOn);
  const opens = firstDayTogether(campaignHours(settings, zone), channelHours, first, first + CAMPAIGN_HORIZON_DAYS);
  if (opens !== null) return [];
  const message =
    channelHours === null
      ? 'never opens on the allowed weekdays'
      : "never opens within the channel's sending window and weekdays";
  return [{ field: `${path}.window`, rule: 'window.neverOpens', message }];
}

function checkSeed(seed: string | null | undefined, field: string): Violation[] {
  if (seed === null || seed === undefined) return [];
  const { seedLength } = CAMPAIGN_LIMITS;
  if (seed.length === 0 || seed.length > seedLength) {
    return [{ field, rule: 'length', message: `must have 1 to ${seedLength} characters` }];
  }
  return isStorable(seed) ? [] : [{ field, rule: 'characters', message: 'holds characters that cannot be stored' }];
}

function checkWhole(value: number, { min, max }: { min: number; max: number }, field: string): Violation[] {
  if (Number.isInteger(value) && value >= min && value <= max) return [];
  return [{ field, rule: 'range', message: `must be a whole number from ${min} to ${max}` }];
}
