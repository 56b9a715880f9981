import type { DeliveryState } from '../delivery/delivery-state.js';
import type { DurationMs, EpochMs } from '../values/time.js';
import type { Violation } from '../values/violation.js';
import { checkRequiredText, TEXT_LIMITS } from './check-texts.js';
import type { ScheduleType } from './schedule-words.js';

/** A message into a conversation lies at least this far ahead, so that whoever reads along may still stop it. */
export const CONVERSATION_LEAD_MS: DurationMs = 5 * 60_000;

/** And at most this far. */
export const CONVERSATION_REACH_MS: DurationMs = 366 * 86_400_000;

/** The fields of a new schedule that the rules of conversations are about. null and absent are the same: not given. */
export interface ConversationDraft {
  readonly type: ScheduleType;
  readonly conversationId?: string | null | undefined;
  readonly privateNote?: boolean | null | undefined;
  readonly targetContactIds: readonly string[];
  readonly targetGroupIds: readonly string[];
  readonly scheduledAt?: EpochMs | null | undefined;
}

/** Whether a schedule writes into a conversation of the provider instead of to contacts. */
export function isForConversation({ conversationId }: Pick<ConversationDraft, 'conversationId'>): boolean {
  return conversationId !== null && conversationId !== undefined;
}

/**
 * Everything that a draft breaks of the rules of conversations: the conversation stands in the place of contacts and
 * groups, for one instant, which is neither too near nor too far; a private note is for a conversation only.
 */
export function checkConversation(draft: ConversationDraft, now: EpochMs): Violation[] {
  const { conversationId } = draft;
  if (conversationId === null || conversationId === undefined) return checkNote(draft.privateNote ?? false);
  return [
    ...checkRequiredText('input.conversationId', conversationId, TEXT_LIMITS.conversationId),
    ...checkAlone(draft),
    ...checkType(draft.type),
    ...checkConversationInstant(draft.scheduledAt ?? null, now),
  ];
}

/** Whether a message into a conversation may be for this instant; what is missing is somebody else's rule. */
export function checkConversationInstant(at: EpochMs | null, now: EpochMs): Violation[] {
  const field = 'input.scheduledAt';
  if (at === null) return [];
  if (at < now + CONVERSATION_LEAD_MS) {
    return [{ field, message: 'must be at least 5 minutes ahead for a message into a conversation', rule: 'leadTime' }];
  }
  if (at <= now + CONVERSATION_REACH_MS) return [];
  return [{ field, message: 'must be at most 366 days ahead', rule: 'maxDaysAhead' }];
}

/** A violation unless the gateway of the schedule's channel carries conversations. */
export function checkConversationGateway(
  draft: Pick<ConversationDraft, 'conversationId'>,
  carriesConversations: boolean,
): Violation[] {
  if (!isForConversation(draft) || carriesConversations) return [];
  const message = "the channel's gateway has no conversations";
  return [{ field: 'input.conversationId', message, rule: 'unsupported' }];
}

const TAKEN = {
  pending: null,
  claimed: 'was taken up to be written into the conversation',
  sending: 'was handed to the gateway',
  sent: 'was written into the conversation',
  delivered: 'was written into the conversation',
  read: 'was written into the conversation',
  failed: 'could not be written into the conversation',
  uncertain: 'was handed to the gateway, and nobody knows whether it was written into the conversation',
  cancelled: 'was cancelled',
  expired: 'expired',
  suppressed: 'was suppressed',
} as const satisfies Record<DeliveryState, string | null>;

/**
 * Why a message into a conversation can be neither edited nor cancelled any more, in a sentence; null when it can: until
 * it is taken up, which is earlier than for other messages, because an agent sees it coming. `state` is its delivery's,
 * null while it has none.
 */
export function refuseConversationChange(state: DeliveryState | null): string | null {
  const taken = state === null ? null : TAKEN[state];
  return taken === null ? null : `The message ${taken}, before this reached it.`;
}

function checkAlone({ targetContactIds, targetGroupIds }: ConversationDraft): Violation[] {
  const given = [
    ...(targetContactIds.length > 0 ? ['input.targetContactIds'] : []),
    ...(targetGroupIds.length > 0 ? ['input.targetGroupIds'] : []),
  ];
  if (given.length === 0) return [];
  const message = 'give either conversationId or contacts and groups';
  return ['input.conversationId', ...given].map((field) => ({ field, message, rule: 'exactlyOne' }));
}

function checkType(type: ScheduleType): Violation[] {
  if (type === 'FUTURE') return [];
  const message = `does not apply to a schedule of type ${type}`;
  return [{ field: 'input.conversationId', message, rule: 'notApplicable' }];
}

function checkNote(isNote: boolean): Violation[] {
  if (!isNote) return [];
  return [{ field: 'input.privateNote', message: 'is only for a message into a conversation', rule: 'notApplicable' }];
}
