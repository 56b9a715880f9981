import type { EpochMs } from '../values/time.js';
import { explainVersion } from '../values/version-conflict.js';
import type { Violation } from '../values/violation.js';
import { howItEnded } from './schedule-conflict.js';
import { isFinal, type ScheduleStatus, type ScheduleType } from './schedule-words.js';

/** Every field of an edit. */
export const EDITABLE_FIELDS = [
  'name',
  'description',
  'messageId',
  'targetContactIds',
  'targetGroupIds',
  'scheduledAt',
  'cronExpression',
  'timeZone',
  'startsAt',
  'endsAt',
  'maxRuns',
  'misfirePolicy',
  'perContactTimeZone',
  'campaign',
  'priority',
  'useNicknames',
  'respectRateLimit',
  'retryPolicy',
  'guarantee',
  'expiresAfterSeconds',
] as const;

/** One of {@link EDITABLE_FIELDS}. */
export type EditableField = (typeof EDITABLE_FIELDS)[number];

/** What null clears; in any other field null means nothing and is refused. */
const CLEARABLE: ReadonlySet<EditableField> = new Set([
  'description',
  'targetContactIds',
  'targetGroupIds',
  'startsAt',
  'endsAt',
  'maxRuns',
  'retryPolicy',
  'expiresAfterSeconds',
]);

/**
 * What may change although the only run of a schedule has begun: nothing that says what was planned, when or to whom, but
 * for a campaign's settings, by which the rest of it is planned anew.
 */
const ALWAYS: ReadonlySet<EditableField> = new Set([
  'campaign',
  'name',
  'description',
  'priority',
  'useNicknames',
  'respectRateLimit',
  'retryPolicy',
  'guarantee',
  'expiresAfterSeconds',
]);

const TIMING: ReadonlySet<EditableField> = new Set([
  'scheduledAt',
  'cronExpression',
  'timeZone',
  'startsAt',
  'endsAt',
  'maxRuns',
]);

const TARGETS: ReadonlySet<EditableField> = new Set(['targetContactIds', 'targetGroupIds']);

/** A campaign's deliveries are made together with it. */
const FIXED_IN_CAMPAIGN: ReadonlySet<EditableField> = new Set(['targetContactIds', 'targetGroupIds', 'timeZone']);

/** The schedule at the moment of the edit. */
export interface EditFacts {
  readonly type: ScheduleType;
  readonly status: ScheduleStatus;
  readonly statusReason: string | null;
  readonly version: number;
  readonly runCount: number;
  readonly lastRunAt: EpochMs | null;
  /** Its run begins before its instant, where clocks are ahead. */
  readonly perContactTimeZone: boolean;
  /** A run's audience is being written down at this moment. */
  readonly isMaterialising: boolean;
}

/**
 * Why an edit cannot be made now, in a sentence; null when it can. What happened to the schedule comes before what its
 * version says, because it says more.
 */
export function refuseEdit(
  facts: EditFacts,
  fields: readonly EditableField[],
  expectedVersion: number | null,
): string | null {
  if (isFinal(facts.status)) return `${howItEnded(facts)} It cannot change any more.`;
  const tooLate = fields.filter((field) => !ALWAYS.has(field));
  if (facts.type !== 'RECURRING' && facts.runCount > 0 && tooLate.length > 0) {
    return `${howItBegan(facts)}, before this reached it: ${tooLate.join(', ')} cannot change any more.`;
  }
  const fixed = facts.type === 'CAMPAIGN' ? fields.filter((field) => FIXED_IN_CAMPAIGN.has(field)) : [];
  if (fixed.length > 0) {
    return `The plan of a campaign is made for its audience and zone: ${fixed.join(', ')} cannot change; make another one.`;
  }
  const changed = explainVersion(facts, expectedVersion);
  if (changed !== null) return changed;
  if (facts.isMaterialising && fields.some((field) => TARGETS.has(field))) {
    return 'A run is being prepared for the present targets. Try again in a moment.';
  }
  return null;
}

function howItBegan({ lastRunAt, perContactTimeZone }: EditFacts): string {
  if (perContactTimeZone) return 'Its run has begun for the zones whose clocks are ahead';
  return lastRunAt === null ? 'Its run has begun' : `Its run began at ${new Date(lastRunAt).toISOString()}`;
}

/** The fields in which null was given and means nothing. */
export function refuseNulls(input: Readonly<Partial<Record<EditableField, unknown>>>): Violation[] {
  return EDITABLE_FIELDS.filter((field) => input[field] === null && !CLEARABLE.has(field)).map((field) => ({
    field: `input.${field}`,
    message: 'must not be null',
    rule: 'notNull',
  }));
}

/** Whether an edit of these fields makes the next run be computed again. */
export function changesTiming(fields: readonly EditableField[]): boolean {
  return fields.some((field) => TIMING.has(field));
}

/** The fields that an edit gives; null counts, absent does not. */
export function givenFields(input: Readonly<Partial<Record<EditableField, unknown>>>): EditableField[] {
  return EDITABLE_FIELDS.filter((field) => input[field] !== undefined);
}
