import { DeliveryState } from '../delivery/delivery-state.js';
import {
  checkConversation,
  checkConversationGateway,
  checkConversationInstant,
  refuseConversationChange,
  type ConversationDraft,
} from './conversation-rules.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const MINUTE = 60_000;
const DAY = 86_400_000;

const fine: ConversationDraft = {
  type: 'FUTURE',
  conversationId: '4711',
  privateNote: false,
  targetContactIds: [],
  targetGroupIds: [],
  scheduledAt: NOW + 5 * MINUTE,
};
const rules = (draft: Partial<ConversationDraft>) =>
  checkConversation({ ...fine, ...draft }, NOW).map(({ field, rule }) => `${field}:${rule}`);

describe('a message into a conversation', () => {
  it.each<[string, Partial<ConversationDraft>, string[]]>([
    ['as it should be', {}, []],
    ['with a note for agents only', { privateNote: true }, []],
    ['with a blank conversation', { conversationId: ' ' }, ['input.conversationId:required']],
    ['with 201 characters', { conversationId: 'c'.repeat(201) }, ['input.conversationId:maxLength']],
    [
      'and to contacts',
      { targetContactIds: ['a'] },
      ['input.conversationId:exactlyOne', 'input.targetContactIds:exactlyOne'],
    ],
    [
      'and to contacts and groups',
      { targetContactIds: ['a'], targetGroupIds: ['b'] },
      ['input.conversationId:exactlyOne', 'input.targetContactIds:exactlyOne', 'input.targetGroupIds:exactlyOne'],
    ],
    ['at once', { type: 'IMMEDIATE', scheduledAt: null }, ['input.conversationId:notApplicable']],
    ['again and again', { type: 'RECURRING', scheduledAt: null }, ['input.conversationId:notApplicable']],
    ['as a campaign', { type: 'CAMPAIGN', scheduledAt: null }, ['input.conversationId:notApplicable']],
    [
      'with everything wrong',
      { type: 'RECURRING', conversationId: '', targetGroupIds: ['b'], scheduledAt: NOW },
      [
        'input.conversationId:required',
        'input.conversationId:exactlyOne',
        'input.targetGroupIds:exactlyOne',
        'input.conversationId:notApplicable',
        'input.scheduledAt:leadTime',
      ],
    ],
  ])('%s', (_title, draft, violations) => {
    expect(rules(draft)).toEqual(violations);
  });

  it.each([
    [5 * MINUTE - 1, ['leadTime']],
    [5 * MINUTE, []],
    [366 * DAY, []],
    [366 * DAY + 1, ['maxDaysAhead']],
    [0, ['leadTime']],
    [-DAY, ['leadTime']],
  ])('%i ms ahead breaks %p', (aheadMs, broken) => {
    expect(checkConversationInstant(NOW + aheadMs, NOW).map(({ rule }) => rule)).toEqual(broken);
    expect(rules({ scheduledAt: NOW + aheadMs })).toEqual(broken.map((rule) => `input.scheduledAt:${rule}`));
  });

  it.each<[Partial<ConversationDraft>, string]>([
    [{ targetContactIds: ['a'] }, 'give either conversationId or contacts and groups'],
    [{ type: 'RECURRING' }, 'does not apply to a schedule of type RECURRING'],
    [{ conversationId: null, privateNote: true }, 'is only for a message into a conversation'],
    [{ scheduledAt: NOW }, 'must be at least 5 minutes ahead for a message into a conversation'],
    [{ scheduledAt: NOW + 367 * DAY }, 'must be at most 366 days ahead'],
  ])('is told what to do instead of %j', (draft, message) => {
    expect(checkConversation({ ...fine, ...draft }, NOW)[0]?.message).toBe(message);
  });

  it('needs a gateway that carries conversations', () => {
    expect(checkConversationGateway(fine, true)).toEqual([]);
    expect(checkConversationGateway({ conversationId: null }, false)).toEqual([]);
    expect(checkConversationGateway(fine, false)).toEqual([
      { field: 'input.conversationId', message: "the channel's gateway has no conversations", rule: 'unsupported' },
    ]);
  });

  it('may be changed until it is taken up', () => {
    const changeable = Object.values(DeliveryState).filter((state) => refuseConversationChange(state) === null);
    expect(changeable).toEqual(['pending']);
    expect(refuseConversationChange(null)).toBeNull();
  });

  it.each([
    ['claimed', 'The message was taken up to be written into the conversation, before this reached it.'],
    ['sending', 'The message was handed to the gateway, before this reached it.'],
    ['sent', 'The message was written into the conversation, before this reached it.'],
    ['delivered', 'The message was written into the conversation, before this reached it.'],
    ['read', 'The message was written into the conversation, before this reached it.'],
    ['failed', 'The message could not be written into the conversation, before this reached it.'],
    [
      'uncertain',
      'The message was handed to the gateway, and nobody knows whether it was written into the conversation, ' +
        'before this reached it.',
    ],
    ['cancelled', 'The message was cancelled, before this reached it.'],
    ['expired', 'The message expired, before this reached it.'],
    ['suppressed', 'The message was suppressed, before this reached it.'],
  ] as const)('says of one that is %s: %s', (state, reason) => {
    expect(refuseConversationChange(state)).toBe(reason);
  });
});

describe('a message to contacts', () => {
  const toContacts = { conversationId: null, targetContactIds: ['a'], scheduledAt: NOW + 1 };

  it('has no lead time and no private note', () => {
    expect(rules(toContacts)).toEqual([]);
    expect(rules({ ...toContacts, type: 'IMMEDIATE', scheduledAt: null })).toEqual([]);
    expect(rules({ ...toContacts, privateNote: true })).toEqual(['input.privateNote:notApplicable']);
  });
});
