import { DeliveryStatus } from '../../core/delivery/delivery-state.js';
import { assertNever } from '../../core/values/result.js';
import { isKick, type BusEvent } from './event.js';

/** NOTIFY refuses a payload of 8000 bytes or more; the rest is for the heading. */
export const MAX_BODY_BYTES = 7_900;

/** Their places are the wire's words: append only. */
const STATUSES: readonly DeliveryStatus[] = Object.values(DeliveryStatus);
const NO_STATUS = -1;
const NO_ID = -1;

/** What a payload brings besides its place in its sender's sequence. */
export type PayloadBody =
  | { readonly kind: 'events'; readonly events: readonly BusEvent[] }
  /** The sender had to drop events. */
  | { readonly kind: 'resync' }
  /** The sender lives and listens. */
  | { readonly kind: 'hello' }
  /** The sender stops. */
  | { readonly kind: 'bye' };

/** One NOTIFY. `sequence` counts the sender's batches, also those that it did not send because nobody listened. */
export interface Payload {
  readonly sender: string;
  readonly sequence: number;
  readonly body: PayloadBody;
}

type Tuple = readonly (string | number | readonly number[] | null)[];

/**
 * Writes events as the bodies of as few payloads as fit: ids once per payload, as base64 of their 16 bytes, and each
 * event as a tuple of places in that list. A delivery's change takes about 90 bytes instead of 400.
 */
export function encodeEvents(events: readonly BusEvent[], maxBytes = MAX_BODY_BYTES): string[] {
  const bodies: string[] = [];
  let page = new Page(maxBytes);
  for (const event of events) {
    if (page.add(event)) continue;
    if (page.count > 0) bodies.push(page.text());
    page = new Page(maxBytes);
    page.add(event);
  }
  if (page.count > 0) bodies.push(page.text());
  return bodies;
}

/** The text of one NOTIFY: `version|sender|sequence|letter and body`. */
export function encodePayload(sender: string, sequence: number, body: string): string {
  return `1|${sender}|${sequence}|${body}`;
}

/** Whether a payload is this sender's, without reading the rest of it. */
export function isFrom(sender: string, text: string): boolean {
  return text.startsWith(`1|${sender}|`);
}

/** Begins events of which some are for the loops of other replicas. */
const WITH_KICKS = 'e';
/** Begins events that only subscribers wait for. */
const FOR_SUBSCRIBERS = 't';

/** The bodies that are not events. */
export const RESYNC_BODY = 'r';
export const HELLO_BODY = 'h';
export const BYE_BODY = 'b';

/**
 * Reads a payload; undefined when it is none of ours or of another version of the program. What is for subscribers alone
 * is not read when nobody wants it: in a flood that is most of what comes.
 */
export function decodePayload(text: string, isWanted = true): Payload | undefined {
  const match = /^1\|([\w-]+)\|(\d+)\|([ethrb])(.*)$/s.exec(text);
  if (!match) return undefined;
  const [, sender, sequence, letter, rest] = match as unknown as [string, string, string, string, string];
  const isUnread = letter === FOR_SUBSCRIBERS && !isWanted;
  const body = isUnread ? NO_EVENTS : decodeBody(letter, rest);
  return body && { sender, sequence: Number(sequence), body };
}

const NO_EVENTS: PayloadBody = { kind: 'events', events: [] };

function decodeBody(letter: string, rest: string): PayloadBody | undefined {
  if (letter === HELLO_BODY) return { kind: 'hello' };
  if (letter === RESYNC_BODY) return { kind: 'resync' };
  if (letter === BYE_BODY) return { kind: 'bye' };
  try {
    const { i, e } = JSON.parse(rest) as { i: string[]; e: Tuple[] };
    return { kind: 'events', events: e.map((tuple) => decodeEvent(tuple, i)) };
  } catch {
    // Not written by this program: the caller treats it as lost.
    return undefined;
  }
}

/** The ids and tuples of one payload while it is filled. */
class Page {
  private readonly places = new Map<string, number>();
  private readonly ids: string[] = [];
  private readonly tuples: string[] = [];
  private size = `${WITH_KICKS}{"i":[],"e":[]}`.length;
  private hasKick = false;

  constructor(private readonly maxBytes: number) {}

  get count(): number {
    return this.tuples.length;
  }

  /** Adds the event if it still fits; the first one is taken in any case. */
  add(event: BusEvent): boolean {
    const fresh: string[] = [];
    const text = JSON.stringify(
      tupleOf(event, (id) => {
        const known = this.places.get(id);
        if (known !== undefined) return known;
        this.places.set(id, this.ids.push(shortId(id)) - 1);
        fresh.push(id);
        return this.ids.length - 1;
      }),
    );
    const added = this.ids
      .slice(this.ids.length - fresh.length)
      .reduce((sum, id) => sum + id.length + 3, text.length + 1);
    if (this.count > 0 && this.size + added > this.maxBytes) {
      this.ids.length -= fresh.length;
      for (const id of fresh) this.places.delete(id);
      return false;
    }
    this.tuples.push(text);
    this.size += added;
    this.hasKick ||= isKick(event);
    return true;
  }

  text(): string {
    return `${this.hasKick ? WITH_KICKS : FOR_SUBSCRIBERS}{"i":${JSON.stringify(this.ids)},"e":[${this.tuples.join(',')}]}`;
  }
}

function tupleOf(event: BusEvent, place: (id: string) => number): Tuple {
  const optional = (id: string | undefined): number => (id === undefined ? NO_ID : place(id));
  switch (event.kind) {
    case 'deliveryChanged':
      return [
        'd',
        place(event.tenantId),
        place(event.deliveryId),
        place(event.scheduleId),
        optional(event.channelId),
        optional(event.runId),
        optional(event.contactId),
        event.previousStatus === null ? NO_STATUS : STATUSES.indexOf(event.previousStatus),
        STATUSES.indexOf(event.status),
        event.version,
        event.atMs,
      ];
    case 'scheduleChanged':
      return ['s', place(event.tenantId), place(event.scheduleId), event.version];
    case 'workAvailable':
      return ['w', event.channelIds ? event.channelIds.map(place) : null];
    case 'schedulesChanged':
      return ['p'];
    default:
      return assertNever(event);
  }
}

function decodeEvent(tuple: Tuple, ids: readonly string[]): BusEvent {
  const number = (at: number): number => required(tuple[at], 'number') as number;
  const id = (at: number): string => longId(required(ids[number(at)], 'string') as string);
  switch (tuple[0]) {
    case 'd': {
      const [channelId, runId, contactId] = [4, 5, 6].map((at) => (number(at) === NO_ID ? undefined : id(at)));
      return {
        kind: 'deliveryChanged',
        tenantId: id(1),
        deliveryId: id(2),
        scheduleId: id(3),
        ...(channelId !== undefined && { channelId }),
        ...(runId !== undefined && { runId }),
        ...(contactId !== undefined && { contactId }),
        previousStatus: number(7) === NO_STATUS ? null : statusAt(number(7)),
        status: statusAt(number(8)),
        version: number(9),
        atMs: number(10),
      };
    }
    case 's':
      return { kind: 'scheduleChanged', tenantId: id(1), scheduleId: id(2), version: number(3) };
    case 'w': {
      const channels = tuple[1];
      if (!Array.isArray(channels)) return { kind: 'workAvailable' };
      return {
        kind: 'workAvailable',
        channelIds: (channels as number[]).map((at) => longId(required(ids[at], 'string') as string)),
      };
    }
    case 'p':
      return { kind: 'schedulesChanged' };
    default:
      throw new Error('unknown event');
  }
}

function statusAt(place: number): DeliveryStatus {
  return required(STATUSES[place], 'string') as DeliveryStatus;
}

function required(value: unknown, type: 'string' | 'number'): unknown {
  if (typeof value !== type) throw new Error(`expected a ${type}`);
  return value;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SHORT_LENGTH = 22;

/** 22 characters instead of 36; what is not written as PostgreSQL writes a uuid goes as it is, behind a mark. */
function shortId(id: string): string {
  return UUID.test(id)
    ? Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
    : `~${encodeURIComponent(id)}`;
}

function longId(short: string): string {
  if (short.startsWith('~')) return decodeURIComponent(short.slice(1));
  const hex = Buffer.from(short, 'base64url').toString('hex');
  if (short.length !== SHORT_LENGTH || hex.length !== 32) throw new Error('not an id');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
