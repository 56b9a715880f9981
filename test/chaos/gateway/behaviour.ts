import { randomOf } from '../../../src/core/planning/seeded-random.js';
import type { GatewaySetup } from './gateway-setup.js';

/** What a message is about, in words that are the same in every run of a seed, as ids are not. */
export interface CallFacts {
  /** The channel's name. */
  readonly channel: string;
  readonly to: string;
  readonly text: string;
  /** How many deliveries with the same channel, number and text came before. */
  readonly ordinal: number;
  readonly attempt: number;
}

/** How the gateway treats one call. `effectAfterMs` null: the person gets nothing of it. */
export interface Behaviour {
  readonly name: BehaviourName;
  readonly effectAfterMs: number | null;
  /** null: it never answers. */
  readonly answerAfterMs: number | null;
  readonly answer: 'accept' | 'acceptTwice' | 'reset' | 'garbage' | 'refuse' | 'busy' | 'broken500' | 'broken502';
}

/** In the order of their shares below. */
export const BEHAVIOURS = [
  'accept',
  'late',
  'tooLate',
  'silent',
  'twice',
  'resetBefore',
  'resetAfter',
  'broken',
  'garbage',
  'busy',
] as const;

export type BehaviourName = (typeof BEHAVIOURS)[number] | 'refuse';

const SHARES: Readonly<Record<(typeof BEHAVIOURS)[number], number>> = {
  accept: 0.89,
  late: 0.03,
  tooLate: 0.012,
  silent: 0.008,
  twice: 0.01,
  resetBefore: 0.01,
  resetAfter: 0.01,
  broken: 0.015,
  garbage: 0.005,
  busy: 0.01,
};

/** A refusal is about the message and whom it goes to, so a repetition is refused as well. */
const REFUSED_SHARE = 0.02;

/** What becomes of a call: the same for the same facts and setup. `timeoutMs` is the caller's patience. */
export function behaviourOf(
  { seed, pace, isPlain }: Pick<GatewaySetup, 'seed' | 'pace' | 'isPlain'>,
  facts: CallFacts,
  timeoutMs: number,
): Behaviour {
  const message = `${facts.channel}|${facts.to}|${facts.text}|${facts.ordinal}`;
  const quick = pace.fromMs + (pace.toMs - pace.fromMs) * draw(seed, 'pace', message, facts.attempt);
  if (draw(seed, 'refused', message, 0) < REFUSED_SHARE) {
    return { name: 'refuse', effectAfterMs: null, answerAfterMs: quick, answer: 'refuse' };
  }
  const name = isPlain ? 'accept' : chosen(draw(seed, 'behaviour', message, facts.attempt));
  const part = draw(seed, 'part', message, facts.attempt);
  const tooLateMs = timeoutMs * (1.2 + part);
  switch (name) {
    case 'accept':
      return { name, effectAfterMs: 0, answerAfterMs: quick, answer: 'accept' };
    case 'late':
      return { name, effectAfterMs: 0, answerAfterMs: timeoutMs * (0.2 + part / 2), answer: 'accept' };
    case 'tooLate':
      return { name, effectAfterMs: part < 0.5 ? 0 : tooLateMs, answerAfterMs: tooLateMs, answer: 'accept' };
    case 'silent':
      return { name, effectAfterMs: part < 0.5 ? 0 : null, answerAfterMs: null, answer: 'accept' };
    case 'twice':
      return { name, effectAfterMs: 0, answerAfterMs: quick, answer: 'acceptTwice' };
    case 'resetBefore':
      return { name, effectAfterMs: null, answerAfterMs: quick, answer: 'reset' };
    case 'resetAfter':
      return { name, effectAfterMs: 0, answerAfterMs: quick, answer: 'reset' };
    case 'broken':
      return {
        name,
        effectAfterMs: part < 0.5 ? 0 : null,
        answerAfterMs: quick,
        answer: part * 10 - Math.floor(part * 10) < 0.5 ? 'broken500' : 'broken502',
      };
    case 'garbage':
      return { name, effectAfterMs: 0, answerAfterMs: quick, answer: 'garbage' };
    case 'busy':
      return { name, effectAfterMs: null, answerAfterMs: quick, answer: 'busy' };
  }
}

function chosen(random: number): (typeof BEHAVIOURS)[number] {
  let rest = random;
  for (const name of BEHAVIOURS) {
    rest -= SHARES[name];
    if (rest < 0) return name;
  }
  return 'accept';
}

function draw(seed: string, what: string, message: string, attempt: number): number {
  return randomOf(`${seed}|${what}|${message}|${attempt}`).uniform();
}
