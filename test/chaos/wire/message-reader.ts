/** One message of PostgreSQL's protocol (version 3), as it travels. */
export interface WireMessage {
  /** The type's letter; empty for the first message of a client, which has none. */
  readonly type: string;
  /** All of it, header included. */
  readonly bytes: Buffer;
}

const LENGTH_BYTES = 4;

/** Cuts a stream of bytes into messages. It knows their frames only, not what they say. */
export class MessageReader {
  private rest: Buffer = Buffer.alloc(0);

  /** `startsUntyped`: a client's first message has a length but no letter. */
  constructor(private startsUntyped: boolean) {}

  /** The messages that are complete with these bytes; the rest waits for the next ones. */
  push(chunk: Buffer): WireMessage[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const messages: WireMessage[] = [];
    for (let message = this.take(); message; message = this.take()) messages.push(message);
    return messages;
  }

  private take(): WireMessage | undefined {
    const letterBytes = this.startsUntyped ? 0 : 1;
    if (this.rest.length < letterBytes + LENGTH_BYTES) return undefined;
    const length = letterBytes + this.rest.readUInt32BE(letterBytes);
    if (this.rest.length < length) return undefined;
    const bytes = this.rest.subarray(0, length);
    const type = this.startsUntyped ? '' : String.fromCharCode(bytes[0] ?? 0);
    this.startsUntyped = false;
    this.rest = this.rest.subarray(length);
    return { type, bytes };
  }
}
