import { WebSocket } from 'ws';
import { quantile } from './rounds.js';

/** One subscriber of deliveryUpdated. */
export interface Subscription {
  readonly key: string;
  /** null: everything of its tenant. */
  readonly scheduleId: string | null;
  /** It never reads what it is sent. */
  readonly isStalled: boolean;
}

/** What the process is asked for. */
export type SubscribersCommand =
  | { readonly kind: 'open'; readonly url: string; readonly subscriptions: readonly Subscription[] }
  | { readonly kind: 'tell' };

/** What it answers. Times in milliseconds, from the commit as the event tells it, and from the gateway's answer. */
export interface Heard {
  readonly events: number;
  /** Of deliveries that are sent, over all subscribers, each as often as it has subscribers. */
  readonly sent: number;
  readonly sinceCommit: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly sinceAnswer: { readonly p50: number; readonly p99: number; readonly max: number };
}

const QUERY = `subscription ($filter: DeliveryFilter) {
  deliveryUpdated(filter: $filter) { at status previousStatus delivery { id status version sentAt } }
}`;

const TURN_MS = 500;
const MOST_TURNS = 120;

interface Update {
  readonly at: string;
  readonly status: string;
  /** null also for what is told again after a loss: nothing can be measured by that. */
  readonly previousStatus: string | null;
  readonly delivery: { readonly id: string; readonly sentAt: string | null };
}

/** Opens a socket each, a few at once. Resolves when all of them are subscribed, as far as a subscriber can know. */
async function open(url: string, subscriptions: readonly Subscription[]): Promise<void> {
  const waiting = [...subscriptions];
  const openSome = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await subscribe(url, next);
  };
  await Promise.all(Array.from({ length: 20 }, openSome));
  // Nothing answers a subscription but its first event.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

const sinceCommitMs: number[] = [];
const sinceAnswerMs: number[] = [];
const sentTold = new Set<string>();
let events = 0;

function subscribe(url: string, { key, scheduleId, isStalled }: Subscription): Promise<void> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
  const variables = { filter: scheduleId === null ? null : { scheduleId } };
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code: number) => reject(new Error(`the server closed a socket: ${code}`)));
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })),
    );
    socket.on('message', (data: Buffer) => {
      const arrivedMs = Date.now();
      const message = JSON.parse(data.toString()) as {
        type: string;
        payload?: { data?: { deliveryUpdated: Update } };
      };
      if (message.type === 'connection_ack') {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY, variables } }), () => {
          if (isStalled) socket.pause();
          resolve();
        });
      } else if (message.type === 'next') {
        const update = message.payload?.data?.deliveryUpdated;
        if (!update) throw new Error(`a subscriber was told ${data.toString()}`);
        note(update, arrivedMs, `${key} ${scheduleId ?? ''} `);
      } else if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
      else throw new Error(`a subscriber was told ${data.toString()}`);
    });
  });
}

function note({ at, status, previousStatus, delivery }: Update, arrivedMs: number, subscriber: string): void {
  events += 1;
  if (status === 'SENT') sentTold.add(subscriber + delivery.id);
  if (previousStatus === null) return;
  sinceCommitMs.push(arrivedMs - Date.parse(at));
  if (status === 'SENT' && delivery.sentAt !== null) sinceAnswerMs.push(arrivedMs - Date.parse(delivery.sentAt));
}

function heard(): Heard {
  const told = { events, sent: sentTold.size, sinceCommit: spread(sinceCommitMs), sinceAnswer: spread(sinceAnswerMs) };
  events = 0;
  for (const list of [sinceCommitMs, sinceAnswerMs]) list.length = 0;
  sentTold.clear();
  return told;
}

function spread(values: readonly number[]): Heard['sinceCommit'] {
  const sorted = [...values].sort((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) ?? Number.NaN };
}

/** Resolves when nobody has heard anything for a while, at the latest after some more. */
async function quiet(): Promise<void> {
  for (let turn = 0, before = -1; turn < MOST_TURNS && before !== events; turn += 1) {
    before = events;
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
}

async function answer(command: SubscribersCommand): Promise<unknown> {
  if (command.kind === 'tell') return quiet().then(heard);
  await open(command.url, command.subscriptions);
  return 'subscribed';
}

process.on('message', (command: SubscribersCommand) => {
  answer(command).then(
    (said) => process.send?.(said),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
// The parent is gone.
process.on('disconnect', () => process.exit(0));
