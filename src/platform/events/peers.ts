import type { DurationMs } from '../../core/values/time.js';

/** What hearing from another replica means for this one. */
export interface Heard {
  /** False: this very payload was taken before. */
  readonly isNew: boolean;
  /** Payloads between the last one and this one never came. */
  readonly missedSome: boolean;
}

/**
 * The other replicas, as far as this one has heard from them. Each numbers its batches without gaps, so a repeated one
 * is recognised, and so is a lost one, at the latest with the next sign of life.
 */
export class Peers {
  private readonly bySender = new Map<string, { sequence: number; heardAtMs: number }>();
  private startedAtMs: number;

  /** `silenceMs`: a replica not heard from for this long is gone. */
  constructor(
    private readonly silenceMs: DurationMs,
    nowMs: number,
  ) {
    this.startedAtMs = nowMs;
  }

  hear(sender: string, sequence: number, nowMs: number): Heard {
    const known = this.bySender.get(sender);
    if (known && sequence <= known.sequence) return { isNew: false, missedSome: false };
    this.bySender.set(sender, { sequence, heardAtMs: nowMs });
    return { isNew: true, missedSome: sequence > (known?.sequence ?? 0) + 1 };
  }

  leave(sender: string): void {
    this.bySender.delete(sender);
  }

  isKnown(sender: string): boolean {
    return this.bySender.has(sender);
  }

  /** After a time without ears every replica may be there, and what they sent meanwhile is covered by a resync. */
  restart(nowMs: number): void {
    this.bySender.clear();
    this.startedAtMs = nowMs;
  }

  /** Whether anybody may be listening. A replica that has just started counts on others until it would have heard them. */
  mayListen(nowMs: number): boolean {
    if (nowMs - this.startedAtMs < this.silenceMs) return true;
    for (const [sender, { heardAtMs }] of this.bySender) {
      if (nowMs - heardAtMs < this.silenceMs) return true;
      this.bySender.delete(sender);
    }
    return false;
  }
}
