interface Count {
  left: number;
  /** Something under the lease was let go without being settled: its row must stay for the reaper. */
  kept: boolean;
}

/** How many deliveries this process still holds under each lease, so that a lease is removed with its last delivery. */
export class LeaseCounts {
  private readonly open = new Map<number, Count>();

  begin(token: number, count: number): void {
    this.open.set(token, { left: count, kept: false });
  }

  /** Counts deliveries that are no longer held, one a token; returns the leases that can be removed. */
  end(tokens: readonly number[], known: boolean): number[] {
    const over: number[] = [];
    for (const token of tokens) {
      const count = this.open.get(token);
      if (!count) continue;
      count.left -= 1;
      count.kept ||= !known;
      if (count.left > 0) continue;
      this.open.delete(token);
      if (!count.kept) over.push(token);
    }
    return over;
  }
}
