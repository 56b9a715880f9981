import type { DurationMs, EpochMs } from '../values/time.js';
import type { TakenMinutes } from './campaign-plan.js';
import { stretchAt, type Stretch } from './free-time.js';
import { instantOutside, minuteOfDay } from './minute-of-day.js';
import type { SeededRandom } from './seeded-random.js';

/** A day's slots with those who are to have them. */
export interface DayToAssign {
  /** Rising, in `free`, no two closer than `spacingMs`. */
  readonly slots: readonly EpochMs[];
  /** As many, in their random order. */
  readonly contacts: readonly string[];
  /** Where slots may be moved to. */
  readonly free: readonly Stretch[];
  readonly spacingMs: DurationMs;
  readonly minutes: TakenMinutes;
}

/** The slots of one day while contacts are given their places. Slots keep their order and their distances. */
export class SlotTable {
  readonly slots: EpochMs[];
  readonly contacts: string[];
  private readonly minutes: number[];
  /** Of the contact of each slot. */
  private readonly taken: ReadonlySet<number>[];

  constructor(private readonly day: DayToAssign) {
    this.slots = [...day.slots];
    this.contacts = [...day.contacts];
    this.minutes = this.slots.map((slot) => minuteOfDay(day.minutes.zone, slot));
    this.taken = this.contacts.map((contact) => day.minutes.taken.get(contact) ?? NOTHING);
  }

  /** The minute of the day of a slot. */
  minuteOf(index: number): number {
    return this.minutes[index]!;
  }

  /** Whether the contact of a slot had that minute lately. */
  isTaken(index: number, minute: number): boolean {
    return this.taken[index]!.has(minute);
  }

  /** Whether the contact of a slot had the slot's minute lately. */
  inConflict(index: number): boolean {
    return this.isTaken(index, this.minuteOf(index));
  }

  /** Two slots exchange their contacts. */
  swap(index: number, other: number): void {
    exchange(this.contacts, index, other);
    exchange(this.taken, index, other);
  }

  /** Moves a slot to a minute that its contact did not have; false when its room has none. */
  move(random: SeededRandom, index: number): boolean {
    const at = instantOutside(random, this.day.minutes.zone, this.roomOf(index), this.taken[index]!);
    if (at === null) return false;
    this.put(index, at);
    return true;
  }

  /** Two slots exchange their contacts and move until both are fine; false, and nothing changes, when they cannot. */
  swapAndMove(random: SeededRandom, index: number, other: number): boolean {
    const before = this.slots[other]!;
    this.swap(index, other);
    if (this.move(random, other) && (!this.inConflict(index) || this.move(random, index))) return true;
    this.swap(index, other);
    this.put(other, before);
    return false;
  }

  /** Whether the day has a minute at all that the contact of a slot did not have. */
  hasMinuteFor(random: SeededRandom, index: number): boolean {
    const { free, minutes } = this.day;
    return free.some((stretch) => instantOutside(random, minutes.zone, stretch, this.taken[index]!) !== null);
  }

  private put(index: number, at: EpochMs): void {
    this.slots[index] = at;
    this.minutes[index] = minuteOfDay(this.day.minutes.zone, at);
  }

  /** Where a slot may be while its neighbours stay. Without a spacing they leave room everywhere. */
  private roomOf(index: number): Stretch {
    const { free, spacingMs } = this.day;
    const { fromMs, toMs } = stretchAt(free, this.slots[index]!);
    if (spacingMs === 0) return { fromMs, toMs };
    return {
      fromMs: Math.max(fromMs, (this.slots[index - 1] ?? -Infinity) + spacingMs),
      toMs: Math.min(toMs, (this.slots[index + 1] ?? Infinity) - spacingMs),
    };
  }
}

const NOTHING: ReadonlySet<number> = new Set();

function exchange<T>(items: T[], one: number, other: number): void {
  const item = items[one]!;
  items[one] = items[other]!;
  items[other] = item;
}
