/** What a key may do; see {@link PERMISSIONS}. */
export const ROLES = { ADMIN: 'ADMIN', OPERATOR: 'OPERATOR', VIEWER: 'VIEWER' } as const;
export type Role = (typeof ROLES)[keyof typeof ROLES];

const EVERYONE = [ROLES.ADMIN, ROLES.OPERATOR, ROLES.VIEWER] as const;
const OPERATORS = [ROLES.ADMIN, ROLES.OPERATOR] as const;
const ADMINS = [ROLES.ADMIN] as const;

/**
 * Who may do what, by root field. A field that is not listed is refused to everyone, so that a new operation cannot be
 * reached before somebody has decided who may use it.
 *
 * VIEWER reads. OPERATOR also keeps contacts and messages, schedules, sends and mends. ADMIN also keeps channels
 * (they hold secrets and limits) and keys.
 */
export const PERMISSIONS: Readonly<Record<string, readonly Role[]>> = {
  'Query.viewer': EVERYONE,
  'Query.contact': EVERYONE,
  'Query.contacts': EVERYONE,
  'Query.contactGroups': EVERYONE,
  'Query.message': EVERYONE,
  'Query.messages': EVERYONE,
  'Query.renderMessage': EVERYONE,
  'Query.channel': EVERYONE,
  'Query.channels': EVERYONE,
  'Query.schedule': EVERYONE,
  'Query.schedules': EVERYONE,
  'Query.schedulePreview': EVERYONE,
  'Query.nextRuns': EVERYONE,
  'Query.nextRunDetails': EVERYONE,
  'Query.delivery': EVERYONE,
  'Query.deliveries': EVERYONE,
  'Query.deliveryStatistics': EVERYONE,
  'Query.schedulerStatus': EVERYONE,
  'Query.rateLimitStatus': EVERYONE,
  'Query.apiKeys': ADMINS,
  'Mutation.createContact': OPERATORS,
  'Mutation.updateContact': OPERATORS,
  'Mutation.deleteContact': OPERATORS,
  'Mutation.setContactOptOut': OPERATORS,
  'Mutation.importContacts': OPERATORS,
  'Mutation.createContactGroup': OPERATORS,
  'Mutation.addContactsToGroup': OPERATORS,
  'Mutation.removeContactsFromGroup': OPERATORS,
  'Mutation.deleteContactGroup': OPERATORS,
  'Mutation.createMessage': OPERATORS,
  'Mutation.updateMessage': OPERATORS,
  'Mutation.archiveMessage': OPERATORS,
  'Mutation.createChannel': ADMINS,
  'Mutation.updateChannel': ADMINS,
  'Mutation.pauseChannel': OPERATORS,
  'Mutation.resumeChannel': OPERATORS,
  'Mutation.deleteChannel': ADMINS,
  'Mutation.createSchedule': OPERATORS,
  'Mutation.updateSchedule': OPERATORS,
  'Mutation.pauseSchedule': OPERATORS,
  'Mutation.resumeSchedule': OPERATORS,
  'Mutation.cancelSchedule': OPERATORS,
  'Mutation.retrySchedule': OPERATORS,
  'Mutation.sendMessage': OPERATORS,
  'Mutation.sendTestMessage': OPERATORS,
  'Mutation.cancelDelivery': OPERATORS,
  'Mutation.retryDelivery': OPERATORS,
  'Mutation.rescheduleDelivery': OPERATORS,
  'Mutation.resolveUncertainDelivery': OPERATORS,
  'Mutation.resetContactRateLimit': OPERATORS,
  'Mutation.createApiKey': ADMINS,
  'Mutation.revokeApiKey': ADMINS,
  'Subscription.deliveryUpdated': EVERYONE,
  'Subscription.messageSent': EVERYONE,
  'Subscription.scheduleUpdated': EVERYONE,
};

/** Whether a role may use a root field such as "Mutation.sendMessage". */
export function isPermitted(role: Role, rootField: string): boolean {
  return PERMISSIONS[rootField]?.includes(role) ?? false;
}
