import type { SeededRandom } from './seeded-random.js';

/** A day's slots in a form in which partners for a swap are found. Indices are those of the slots. */
export interface SwapPartners {
  /** A slot of another minute, allowed for the contact of slot `index`, whose own contact may take that slot's minute. */
  partnerOf(index: number): number | null;
  /** Says that the contact or the minute of a slot is another one now. */
  changed(index: number): void;
}

/** What the search asks about slots, as they are now. */
export interface SlotFacts {
  readonly count: number;
  minuteOf(index: number): number;
  /** Whether the contact of slot `index` had that minute already. */
  isTaken(index: number, minute: number): boolean;
}

/**
 * Slots by their minute. For a minute that somebody has to leave, the slots of another minute are looked through once:
 * who may not take it will not be asked again, so that all searches of a day take at most slots times minutes.
 */
export function swapPartners(random: SeededRandom, slots: SlotFacts): SwapPartners {
  const byMinute = new Map<number, number[]>();
  const lookedThrough = new Map<number, number>();
  const minutes: number[] = [];
  const changed = (index: number): void => {
    const minute = slots.minuteOf(index);
    const row = byMinute.get(minute);
    if (row !== undefined) row.push(index);
    else {
      byMinute.set(minute, [index]);
      minutes.push(minute);
    }
  };
  for (let index = 0; index < slots.count; index++) changed(index);

  /** A slot in `minute` whose contact may have `left`. A changed slot is in its row again, for those who passed it. */
  const findIn = (minute: number, left: number): number | null => {
    const row = byMinute.get(minute)!;
    const pair = left * MINUTES + minute;
    for (let place = lookedThrough.get(pair) ?? 0; place < row.length; place++) {
      lookedThrough.set(pair, place);
      const other = row[place]!;
      if (slots.minuteOf(other) === minute && !slots.isTaken(other, left)) return other;
    }
    lookedThrough.set(pair, row.length);
    return null;
  };
  const partnerOf = (index: number): number | null => {
    const left = slots.minuteOf(index);
    const first = random.below(minutes.length);
    for (let step = 0; step < minutes.length; step++) {
      const minute = minutes[(first + step) % minutes.length]!;
      if (minute === left || slots.isTaken(index, minute)) continue;
      const other = findIn(minute, left);
      if (other !== null) return other;
    }
    return null;
  };
  return { partnerOf, changed };
}

const MINUTES = 1_440;
