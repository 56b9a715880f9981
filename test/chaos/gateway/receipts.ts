import { randomOf } from '../../../src/core/planning/seeded-random.js';

/** A status event that the gateway will post. Its id is the same for each repetition. */
export interface PlannedReceipt {
  readonly eventId: string;
  readonly status: 'sent' | 'delivered' | 'read' | 'failed';
  /** When the gateway says that it happened, after the effect. */
  readonly happenedAfterMs: number;
  /** When it is posted, after the effect: 0 is before the call's own answer. */
  readonly postAfterMs: number;
}

const WITHOUT_SHARE = 0.5;
const FAILED_SHARE = 0.02;
const TWICE_SHARE = 0.2;
const EARLY_SHARE = 0.1;
const LONGEST_MS = 6_000;

/** The status events of one effect: some twice, most out of order, some before the answer. */
export function receiptsOf(seed: string, messageId: string, subject: string): readonly PlannedReceipt[] {
  const random = randomOf(`${seed}|receipts|${subject}`);
  if (random.uniform() < WITHOUT_SHARE) return [];
  const isFailed = random.uniform() < FAILED_SHARE;
  const all = isFailed ? (['sent', 'failed'] as const) : (['sent', 'delivered', 'read'] as const);
  const statuses = isFailed ? all : all.slice(0, 1 + random.below(all.length));
  return statuses.flatMap((status, place) => {
    const event = { eventId: `${messageId}:${status}`, status, happenedAfterMs: place * 50 };
    const postAfterMs = random.uniform() < EARLY_SHARE ? 0 : Math.round(random.uniform() * LONGEST_MS);
    const again = { ...event, postAfterMs: postAfterMs + Math.round(random.uniform() * LONGEST_MS) };
    return random.uniform() < TWICE_SHARE ? [{ ...event, postAfterMs }, again] : [{ ...event, postAfterMs }];
  });
}
