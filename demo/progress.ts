/** Deliveries by their last known status. */
export class Progress {
  private readonly statusOf = new Map<string, string>();

  constructor(
    private readonly total: number,
    private readonly terminal: boolean,
  ) {}

  set(deliveryId: string, status: string): void {
    this.statusOf.set(deliveryId, status);
  }

  count(...statuses: readonly string[]): number {
    return [...this.statusOf.values()].filter((status) => statuses.includes(status)).length;
  }

  /** Draws the bar: in place on a terminal, a line each time elsewhere. */
  draw(note: string): void {
    const width = 30;
    const gone = this.count('SENT', 'DELIVERED', 'READ', 'FAILED', 'UNCERTAIN', 'SUPPRESSED', 'EXPIRED', 'CANCELLED');
    const filled = Math.round((gone / Math.max(1, this.total)) * width);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    const counts = `sent ${this.count('SENT')}, delivered ${this.count('DELIVERED')}, read ${this.count('READ')}, retrying ${this.count('RETRYING')}, failed ${this.count('FAILED')}`;
    const line = `${bar} ${gone}/${this.total}  ${counts}  ${note}`;
    process.stdout.write(this.terminal ? `\r\x1b[2K${line}` : `${line}\n`);
  }
}

/** The value below which the given share of the sorted numbers lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
