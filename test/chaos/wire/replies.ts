import type { WireMessage } from './message-reader.js';

/**
 * What a client asked for up to the next ReadyForQuery: COMMIT, a statement that writes, or anything else. A client that
 * pipelines has several of them under way; the server answers them in order.
 */
export type UnitKind = 'commit' | 'write' | 'other';

/** Where a message of the server stands. */
export interface ReplyPlace {
  /** undefined: before the first ReadyForQuery, where nobody has asked for anything. */
  readonly kind: UnitKind | undefined;
  /** It is the last message of its unit. */
  readonly ends: boolean;
  /** It is the last one, and what the unit wrote is committed. */
  readonly isCommitted: boolean;
}

const WRITES = /\b(insert\s+into|delete\s+from|update\s+\w+(\s+\w+)?\s+set)\b/i;
const COMMIT = /^\s*commit\b/i;
const IDLE = 'I'.charCodeAt(0);

/** Follows one connection, and tells which of the server's messages are the reply to what. */
export class Replies {
  private readonly prepared = new Map<string, UnitKind>();
  private readonly asked: UnitKind[] = [];
  private unit: UnitKind = 'other';
  private isGreeted = false;
  private isInTransaction = false;
  private hasFailed = false;
  private isRolledBack = false;

  fromClient({ type, bytes }: WireMessage): void {
    if (type === 'Q') this.asked.push(kindOf(text(bytes, 5)));
    if (type === 'P') {
      const name = text(bytes, 5);
      this.prepared.set(name, kindOf(text(bytes, 5 + Buffer.byteLength(name) + 1)));
    }
    if (type === 'B') {
      const portal = text(bytes, 5);
      const kind = this.prepared.get(text(bytes, 5 + Buffer.byteLength(portal) + 1)) ?? 'other';
      if (kind !== 'other') this.unit = kind;
    }
    if (type === 'S') {
      this.asked.push(this.unit);
      this.unit = 'other';
    }
  }

  fromServer({ type, bytes }: WireMessage): ReplyPlace {
    const kind = this.isGreeted ? this.asked[0] : undefined;
    if (type === 'E') this.hasFailed = true;
    if (type === 'C' && text(bytes, 5) === 'ROLLBACK') this.isRolledBack = true;
    if (type !== 'Z') return { kind, ends: false, isCommitted: false };
    const isIdle = bytes[5] === IDLE;
    const isOver = isIdle && !this.hasFailed && !this.isRolledBack;
    const isCommitted = isOver && (kind === 'commit' || (kind === 'write' && !this.isInTransaction));
    if (this.isGreeted) this.asked.shift();
    this.isGreeted = true;
    this.isInTransaction = !isIdle;
    this.hasFailed = false;
    this.isRolledBack = false;
    return { kind, ends: true, isCommitted };
  }
}

function kindOf(statement: string): UnitKind {
  if (COMMIT.test(statement)) return 'commit';
  return WRITES.test(statement) ? 'write' : 'other';
}

/** A text that ends with a zero byte. */
function text(bytes: Buffer, from: number): string {
  return bytes.toString('utf8', from, bytes.indexOf(0, from));
}
