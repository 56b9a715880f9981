import type { TimeZone } from '../recurrence/time-zone.js';
import type { EpochMs } from '../values/time.js';
import type { Violation } from '../values/violation.js';
import { checkRequiredText, checkText, TEXT_LIMITS } from './check-texts.js';
import { checkConversation, isForConversation, type ConversationDraft } from './conversation-rules.js';
import { checkTiming, type CheckedTiming, type TimingDraft } from './schedule-timing.js';

/** A new schedule as a client describes it, as far as rules between its fields are concerned. */
export interface ScheduleDraft extends TimingDraft, ConversationDraft {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly hasMessageId: boolean;
  readonly hasMessage: boolean;
  readonly clientReference?: string | null | undefined;
}

/** Ids that one schedule may name; larger audiences go through groups. */
export const MAX_TARGETS = 10_000;

/**
 * Everything that a new schedule's fields break by themselves and together; whether the ids exist is not known here.
 * `nextRunAt` is the first run when there is no violation; null for IMMEDIATE.
 */
export function checkSchedule(draft: ScheduleDraft, zone: TimeZone | null, now: EpochMs): CheckedTiming {
  const timing = checkTiming(draft, zone, now);
  const violations = [
    ...checkRequiredText('input.name', draft.name, TEXT_LIMITS.name),
    ...checkText('input.description', draft.description ?? '', TEXT_LIMITS.description),
    ...checkExactlyOne('input.messageId', draft.hasMessageId, 'input.message', draft.hasMessage),
    ...(isForConversation(draft) ? [] : checkTargets(draft.targetContactIds, draft.targetGroupIds)),
    ...timing.violations,
    ...withoutRefused(timing.violations, checkConversation(draft, now)),
    ...checkReference('input.clientReference', draft.clientReference, TEXT_LIMITS.clientReference),
  ];
  return { violations, nextRunAt: violations.length > 0 ? null : timing.nextRunAt };
}

/** Two ways to say one thing: neither both nor none. Both fields are named, because either may be the mistake. */
export function checkExactlyOne(one: string, hasOne: boolean, other: string, hasOther: boolean): Violation[] {
  if (hasOne !== hasOther) return [];
  const message = `give exactly one of ${lastName(one)} and ${lastName(other)}`;
  return [one, other].map((field) => ({ field, message, rule: 'exactlyOne' }));
}

/**
 * The same for more than two ways: none given makes each of them a violation, several given make each of these one.
 * `ways` says by the field's path whether it is given.
 */
export function checkOneOf(ways: Readonly<Record<string, boolean>>): Violation[] {
  const fields = Object.keys(ways);
  const given = fields.filter((field) => ways[field]);
  if (given.length === 1) return [];
  const names = fields.map(lastName);
  const message = `give exactly one of ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return (given.length === 0 ? fields : given).map((field) => ({ field, message, rule: 'exactlyOne' }));
}

/** An id of the client's own, if it gives one. */
export function checkReference(field: string, reference: string | null | undefined, limit: number): Violation[] {
  return reference === null || reference === undefined ? [] : checkRequiredText(field, reference, limit);
}

/** How many contacts and groups a schedule names. */
export function checkTargets(contactIds: readonly string[], groupIds: readonly string[]): Violation[] {
  const count = contactIds.length + groupIds.length;
  if (count === 0) {
    const message = 'give at least one contact or group';
    return [{ field: 'input.targetContactIds', message, rule: 'targets.required' }];
  }
  if (count > MAX_TARGETS) {
    const field = contactIds.length > MAX_TARGETS / 2 ? 'input.targetContactIds' : 'input.targetGroupIds';
    const message = `at most ${MAX_TARGETS} ids in all; put more contacts into a group`;
    return [{ field, message, rule: 'maxItems' }];
  }
  return [];
}

/**
 * The violations of a later check without those of fields that an earlier one has refused already: what could not be
 * read looks absent, and "is needed" would hide the real reason.
 */
export function withoutRefused(refused: readonly Violation[], later: readonly Violation[]): Violation[] {
  const fields = new Set(refused.map((violation) => violation.field));
  return later.filter((violation) => !fields.has(violation.field));
}

function lastName(field: string): string {
  return field.slice(field.lastIndexOf('.') + 1);
}
