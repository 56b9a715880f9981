import type { DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import { containsPattern, foldText } from '../../../core/values/search.js';
import { isId } from '../../../platform/database/ids.js';
import type { DeliveryCriteria, SearchCriteria } from '../persistence/delivery-criteria.js';

/** What a list of deliveries is restricted to, as clients write it. */
export interface DeliveryFilter {
  readonly scheduleId?: string | null | undefined;
  readonly runId?: string | null | undefined;
  readonly channelId?: string | null | undefined;
  readonly contactId?: string | null | undefined;
  readonly statuses?: readonly DeliveryStatus[] | null | undefined;
  readonly clientMessageId?: string | null | undefined;
  /** true: only test sends; false: all but them. */
  readonly isTest?: boolean | null | undefined;
  readonly dueFrom?: Date | null | undefined;
  /** Exclusive. */
  readonly dueTo?: Date | null | undefined;
  /** Part of the contact's name, nickname, number, address or city, or of the text as it was sent. */
  readonly search?: string | null | undefined;
}

/** A search for part of a number, however it is punctuated. */
const PHONE_LIKE = /^\+?[\d\s().-]+$/;
const NOT_DIGITS = /\D+/g;

const ID_FIELDS = ['scheduleId', 'runId', 'channelId', 'contactId'] as const;

/**
 * The filter as the database reads it; null when nothing can match: no id looks like that, or no status is asked for.
 * A field that is absent, null or a blank search restricts nothing.
 */
export function toCriteria(filter: DeliveryFilter): DeliveryCriteria | null {
  const given = ID_FIELDS.flatMap((field) =>
    typeof filter[field] === 'string' ? [[field, filter[field]] as const] : [],
  );
  if (given.some(([, id]) => !isId(id)) || filter.statuses?.length === 0) return null;
  const search = searchCriteria(filter.search);
  return {
    ...Object.fromEntries(given.map(([field, id]) => [field, id.toLowerCase()])),
    ...(filter.statuses ? { statuses: filter.statuses } : {}),
    ...(typeof filter.clientMessageId === 'string' ? { clientMessageId: filter.clientMessageId } : {}),
    ...(typeof filter.isTest === 'boolean' ? { isTest: filter.isTest } : {}),
    ...(filter.dueFrom ? { dueFrom: filter.dueFrom } : {}),
    ...(filter.dueTo ? { dueTo: filter.dueTo } : {}),
    ...(search === undefined ? {} : { search }),
  };
}

function searchCriteria(search: string | null | undefined): SearchCriteria | undefined {
  const pattern = containsPattern(search);
  if (pattern === undefined) return undefined;
  const term = foldText(search ?? '').trim();
  const digits = PHONE_LIKE.test(term) ? containsPattern(term.replace(NOT_DIGITS, '')) : undefined;
  return {
    contactPatterns: [...new Set([pattern, digits ?? pattern])],
    // Texts are stored as they were sent: accents count, case does not.
    textPattern: likePattern((search ?? '').trim()),
  };
}

function likePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
