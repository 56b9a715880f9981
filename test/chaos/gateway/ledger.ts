import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { BehaviourName } from './behaviour.js';
import type { PlannedReceipt } from './receipts.js';

/** A call, when it had come. */
export interface CallEntry {
  readonly kind: 'call';
  readonly atMs: number;
  readonly channelId: string;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly behaviour: BehaviourName;
}

/** A person got a message. */
export interface EffectEntry {
  readonly kind: 'effect';
  readonly atMs: number;
  readonly channelId: string;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly messageId: string;
}

/** A status event that a server said it has stored. */
export interface ReceiptEntry {
  readonly kind: 'receipt';
  readonly atMs: number;
  readonly channelId: string;
  readonly deliveryId: string;
  readonly eventId: string;
  readonly messageId: string;
  readonly status: PlannedReceipt['status'];
}

export type LedgerEntry = CallEntry | EffectEntry | ReceiptEntry;

/** What happened at the gateway, a line an entry: written before anybody learns of it. */
export class LedgerWriter {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  write(entry: LedgerEntry): void {
    writeSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    closeSync(this.file);
  }
}

export function readLedger(path: string): LedgerEntry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerEntry);
}
