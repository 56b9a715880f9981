import type { SendOutcome, StatusEventKind } from '../../core/gateway/send-outcome.js';
import type { DurationMs } from '../../core/values/time.js';
import type { SimulatorSettings } from './simulator-settings.js';

/** Everything that will happen because of one call. */
export interface SimulatedCall {
  readonly latencyMs: DurationMs;
  readonly outcome: SendOutcome;
  /** Status events of an accepted message, counted from its acceptance, in order of time. */
  readonly events: readonly { readonly kind: StatusEventKind; readonly afterMs: DurationMs }[];
}

/** Of the refusals, this share is about the person; the rest passes by itself. */
const SHARE_OF_RECIPIENT_REFUSALS = 0.6;

/**
 * What the stand-in gateway does with one call: a pure function of the settings, the seed, the delivery and the attempt,
 * so that the same seed gives the same run, in whatever order the calls are made.
 */
export function simulateCall(
  settings: SimulatorSettings,
  seed: string,
  deliveryId: string,
  attempt: number,
): SimulatedCall {
  const draw = drawsFrom(`${seed}/${deliveryId}/${attempt}`);
  // Each fact has its own draw, made whether or not it is used: changing one setting leaves the other facts as they are.
  const [latency, fate, refusal, deliveredSpread, readSpread, reading] = [
    draw(),
    draw(),
    draw(),
    draw(),
    draw(),
    draw(),
  ];
  const latencyMs = Math.max(0, Math.round(settings.latencyMs + (2 * latency - 1) * settings.latencyJitterMs));
  if (fate < settings.failureRate) return { latencyMs, outcome: refused(refusal), events: [] };
  if (fate < settings.failureRate + settings.uncertainRate) {
    return { latencyMs, outcome: { kind: 'uncertain', reason: 'the simulated provider did not answer' }, events: [] };
  }
  const outcome: SendOutcome = { kind: 'accepted', gatewayMessageId: `sim-${deliveryId}-${attempt}` };
  return { latencyMs, outcome, events: eventsAfter(settings, deliveredSpread, readSpread, reading) };
}

function refused(draw: number): SendOutcome {
  return draw < SHARE_OF_RECIPIENT_REFUSALS
    ? {
        kind: 'rejected',
        class: 'recipient',
        code: 'SIMULATED_UNREACHABLE',
        detail: 'The simulated provider does not know this number.',
        scope: 'message',
      }
    : {
        kind: 'rejected',
        class: 'transient',
        code: 'SIMULATED_UNAVAILABLE',
        detail: 'The simulated provider was busy and sent nothing.',
        scope: 'message',
      };
}

function eventsAfter(
  { deliveredAfterMs, readAfterMs, readRate }: SimulatorSettings,
  deliveredSpread: number,
  readSpread: number,
  reading: number,
): SimulatedCall['events'] {
  const delivered = deliveredAfterMs === null ? null : Math.round(deliveredAfterMs * (0.5 + deliveredSpread));
  const read = readAfterMs === null || reading >= readRate ? null : Math.round(readAfterMs * (0.5 + readSpread));
  return [
    ...(delivered === null ? [] : [{ kind: 'DELIVERED' as const, afterMs: delivered }]),
    ...(read === null ? [] : [{ kind: 'READ' as const, afterMs: Math.max(read, delivered ?? 0) }]),
  ];
}

/**
 * Uniform numbers in [0, 1) from a text: FNV-1a over the text and MurmurHash3's finalizer make the state,
 * Mulberry32 the numbers. Nothing secret is
 * made from them; it has to be the same on every machine and cheap.
 */
function drawsFrom(text: string): () => number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  // Ids that differ in their last character only leave FNV's upper bits alike.
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  state ^= state >>> 16;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
