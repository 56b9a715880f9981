import { DELIVERY_TRANSITIONS, type DeliveryState } from '../../../src/core/delivery/delivery-state.js';
import type { Change } from '../history.js';
import { grouped, type Indexed } from './indexed.js';
import type { Violation } from './violation.js';

const OPEN: readonly DeliveryState[] = ['pending', 'claimed', 'sending'];

/** I12: nothing is left in the queue, no row says that something is to be done, and the two agree. */
export function leftovers(history: Indexed): Violation[] {
  const stuck = history.queue.map((row): Violation => ({
    invariant: 'I12',
    subject: row.deliveryId,
    what: `still ${row.state} in the queue`,
  }));
  const queued = new Set(history.queue.map((row) => row.deliveryId));
  const lost = history.deliveries
    .filter((row) => OPEN.includes(row.status) && !queued.has(row.id))
    .map((row): Violation => ({
      invariant: 'I12',
      subject: row.id,
      what: `${row.status}, and not in the queue: lost`,
    }));
  const runs = history.runs
    .filter((run) => run.status === 'CREATED' || run.status === 'RUNNING')
    .map((run): Violation => ({ invariant: 'I12', subject: run.id, what: `a run is still ${run.status}` }));
  return [...stuck, ...lost, ...runs];
}

/** What a transaction made of a delivery. */
interface Step {
  readonly from: DeliveryState | null;
  readonly to: DeliveryState | null;
}

/** I13: every change that a transaction made is one of the table, and terminal states are left as the table says. */
export function illegalChanges(history: Indexed): Violation[] {
  const byDelivery = grouped(history.changes, (change) => change.deliveryId);
  return [...new Set(history.changes.map((change) => change.deliveryId))].flatMap((deliveryId) =>
    stepsOf(byDelivery(deliveryId))
      .filter((step) => !isLegal(step))
      .map(({ from, to }): Violation => ({
        invariant: 'I13',
        subject: deliveryId,
        what: `${from ?? 'nothing'} became ${to ?? 'nothing'}`,
      })),
  );
}

/** The queue's row says what a delivery's state is; without one the log's does. */
function stepsOf(changes: readonly Change[]): Step[] {
  const steps: Step[] = [];
  const now: { log: DeliveryState | null; queue: DeliveryState | null } = { log: null, queue: null };
  for (let at = 0; at < changes.length;) {
    const before = now.queue ?? now.log;
    const tx = changes[at]?.tx;
    for (; changes[at]?.tx === tx && at < changes.length; at += 1) {
      const change = changes[at] as Change;
      now[change.source] = change.to;
    }
    const after = now.queue ?? now.log;
    if (before !== after) steps.push({ from: before, to: after });
  }
  return steps;
}

function isLegal({ from, to }: Step): boolean {
  if (to === null) return false;
  if (from === null) return to === 'pending' || to === 'suppressed';
  const direct: readonly DeliveryState[] = DELIVERY_TRANSITIONS[from];
  // A claim takes what is to be repeated by way of pending, in one statement.
  return direct.includes(to) || (from === 'uncertain' && to === 'claimed');
}

/**
 * I14: whenever a delivery leaves SENDING by the outcome of a call, it is the attempt of the lease that held it which has
 * ended by then. Had an old holder written it, that attempt would be open, or end later.
 */
export function foreignOutcomes(history: Indexed): Violation[] {
  return history.changes.flatMap((change): Violation[] => {
    if (change.source !== 'queue' || change.from !== 'sending' || change.to === 'sending') return [];
    const status = history.delivery.get(change.deliveryId)?.status;
    // A receipt ends the wait for an answer; the answer's own time is noted when it comes.
    if (change.to === null && (status === 'delivered' || status === 'read')) return [];
    const attempt = history.attemptsOf(change.deliveryId).find((row) => row.number === change.attempt);
    const isOwn = attempt !== undefined && attempt.token === change.token;
    const isEnded = isOwn && attempt.finishedAtMs !== null && attempt.finishedAtMs <= change.atMs + 1;
    if (isEnded) return [];
    const what = `left SENDING of attempt ${change.attempt ?? '?'} while the holder's attempt was ${isOwn ? 'open' : 'another'}`;
    return [{ invariant: 'I14', subject: change.deliveryId, what }];
  });
}
