/** Rows that a connection handles before it plans its statements anew for the first time. */
const FIRST_PLANS = 100;

/**
 * When the plans of a connection are too old: each time it has handled twice as many rows as the last time. A plan that was
 * made for an empty log is wrong a second later, and stays until the statistics are next gathered.
 */
export class PlanAge {
  private rows = 0;
  private limit = FIRST_PLANS;

  /** Counts the rows of a statement that is about to be sent; true when it had better be planned anew. */
  isOverWith(values: readonly unknown[]): boolean {
    this.rows += Math.max(0, ...values.map((value) => (Array.isArray(value) ? value.length : 0)));
    if (this.rows < this.limit) return false;
    this.limit = 2 * this.rows;
    return true;
  }
}
