import type { EpochMicros } from '../values/time.js';
import { explainEnded } from './explain-ended.js';
import type { ExplanationFacts, QueuedDelivery } from './explanation-facts.js';
import type { ExplainedGate, Gate, OpensAt } from './gate.js';
import { outlookOf, type LaneOutlook } from './lane-outlook.js';
import { limitGates } from './limit-gates.js';
import { queueGate } from './queue-gate.js';
import { processingGate, standingGates } from './standing-gates.js';
import { timedGates } from './timed-gates.js';

/** Why a delivery has not gone yet, or never will, and when it will. */
export interface Explanation {
  /** One sentence that names what binds: the gate that opens last, or what became of it. */
  readonly summary: string;
  /** In the order of GATE_KINDS; those that do not hold it back are listed too when they say something. */
  readonly gates: readonly ExplainedGate[];
  /**
   * The first instant at which every gate is open, if nobody changes anything and nothing else goes meanwhile but what
   * was counted ahead of it. null when a person has to act, or when there is nothing to wait for.
   */
  readonly earliestSendUs: EpochMicros | null;
}

/** Instants at which gates are asked until all are open; a delivery that waits longer gets the last of them, too early. */
const MOST_LOOKS = 400;

/**
 * Explains a delivery with the functions that dispatch it: what they would not take at an instant is not promised for it.
 * Deliveries of one channel whose facts were read together may share its outlook.
 */
export function explainDelivery(facts: ExplanationFacts, outlook: LaneOutlook = outlookOf(facts)): Explanation {
  const { delivery, queue, nowUs } = facts;
  if (queue !== null && (delivery.state === 'pending' || delivery.state === 'uncertain')) {
    return explainGates(gatesOf(facts, queue, outlook), nowUs, 'Nothing holds it back: it goes now.');
  }
  if (queue !== null && delivery.state === 'claimed') {
    return explainGates([processingGate(facts), takenGate(nowUs)], nowUs, TAKEN);
  }
  return { ...explainEnded(facts), earliestSendUs: null };
}

const TAKEN = 'A dispatcher has taken it, and is about to hand it to the gateway.';

function takenGate(nowUs: EpochMicros): Gate {
  return { kind: 'AT_GATEWAY', opensAt: () => nowUs, closed: () => TAKEN, open: TAKEN };
}

function gatesOf(facts: ExplanationFacts, queue: QueuedDelivery, outlook: LaneOutlook): readonly Gate[] {
  return [
    ...standingGates(facts, queue),
    ...timedGates(facts, queue),
    ...limitGates(facts, queue),
    ...queueGate(facts, queue, outlook),
  ];
}

function explainGates(gates: readonly Gate[], nowUs: EpochMicros, whenOpen: string): Explanation {
  const { earliestSendUs, binding, until } = walk(gates, nowUs);
  return {
    summary: binding === null ? whenOpen : binding.closed(until.get(binding) ?? null),
    gates: gates.flatMap((gate) => explainGate(gate, until.get(gate))),
    earliestSendUs,
  };
}

function explainGate({ kind, closed, open }: Gate, until: OpensAt | undefined): readonly ExplainedGate[] {
  if (until !== undefined) return [{ kind, blocking: true, untilUs: until, detail: closed(until) }];
  return open === null ? [] : [{ kind, blocking: false, untilUs: null, detail: open }];
}

interface Walk {
  readonly earliestSendUs: EpochMicros | null;
  /** The gate that opens last; null when all are open. */
  readonly binding: Gate | null;
  /** When each gate that is in the way opens for good. */
  readonly until: ReadonlyMap<Gate, OpensAt>;
}

/** Goes from instant to instant, each the last one that a closed gate named: when it opens, others may have closed. */
function walk(gates: readonly Gate[], nowUs: EpochMicros): Walk {
  const until = new Map<Gate, OpensAt>();
  let binding: Gate | null = null;
  let atUs = nowUs;
  for (let looks = 1; looks <= MOST_LOOKS; looks += 1) {
    const closed = gates
      .map((gate) => ({ gate, opensAtUs: gate.opensAt(atUs) }))
      .filter(({ opensAtUs }) => opensAtUs === null || opensAtUs > atUs);
    for (const { gate, opensAtUs } of closed) until.set(gate, opensAtUs);
    const last = closed.reduce<(typeof closed)[number] | undefined>(
      (latest, one) => (latest === undefined || isLater(one.opensAtUs, latest.opensAtUs) ? one : latest),
      undefined,
    );
    if (last === undefined) return { earliestSendUs: atUs, binding, until };
    binding = last.gate;
    if (last.opensAtUs === null) return { earliestSendUs: null, binding, until };
    atUs = last.opensAtUs;
  }
  return { earliestSendUs: atUs, binding, until };
}

/** Of two gates that open together, or never, the first in the order binds. */
function isLater(one: OpensAt, other: OpensAt): boolean {
  return other !== null && (one === null || one > other);
}
