/** A broken invariant: which one, of what, and how. */
export interface Violation {
  readonly invariant: InvariantName;
  /** An id to look for in the ledger, the log and the database. */
  readonly subject: string;
  readonly what: string;
}

/** What must hold, however servers, network and database fail. */
export const INVARIANTS = {
  I1: 'an occurrence has at most one row',
  I2: 'every occurrence runs, or is recorded as missed or skipped',
  I3: 'the next run only moves forwards, and is not left behind',
  I6: 'no run beyond the limits of its schedule',
  I7: 'everybody in the audience has one delivery a run',
  I8: 'no call without a committed intent',
  I9: 'AT_MOST_ONCE has at most one effect',
  I10: 'each further effect of AT_LEAST_ONCE comes after a doubt, and after its time',
  I11: 'what is said of a delivery is what happened at the gateway',
  I12: 'nothing is lost or stuck',
  I13: 'states change only as they may',
  I14: 'only the holder of a delivery ends its attempt',
  I16: 'nothing goes after a cancel, a pause or an opt-out was confirmed',
  I18: 'no window, date or distance has more calls than the limit allows',
  I20: 'nothing is called before it is due',
  I21: 'status events count whatever their order, and none is lost',
  I28: 'a request that was repeated counts once',
  process: 'no server ends by itself, or fails to start without a reason',
  rest: 'at the end nothing is left to do',
  enough: 'the run has tried what it was to try',
} as const;

export type InvariantName = keyof typeof INVARIANTS;
