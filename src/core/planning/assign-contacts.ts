import type { EpochMs } from '../values/time.js';
import type { SeededRandom } from './seeded-random.js';
import { SlotTable, type DayToAssign } from './slot-table.js';
import { swapPartners, type SwapPartners } from './swap-partners.js';

/** One slot and who gets it. */
export interface AssignedSlot {
  readonly atMs: EpochMs;
  readonly contactId: string;
  /** The contact had this minute of the day lately. */
  readonly isSameMinute: boolean;
}

/**
 * Gives each contact the slot of its place, unless that lies in a minute of the day that the contact had lately. Then it
 * swaps with another contact of the day, where both are fine afterwards; else its slot moves, as far as its neighbours
 * leave room; else it swaps with another and both slots move. When all that fails the contact keeps its minute: a minute
 * that was used before is better than no message.
 *
 * Swaps leave the instants as they are, so that their arrangement stays uniform; slots move only in hours so short, or
 * for contacts with so many minutes, that nobody is left to swap with. The slots returned are rising.
 */
export function assignContacts(random: SeededRandom, day: DayToAssign): AssignedSlot[] {
  // Mostly nobody of the day had a message lately: then no time zone is asked.
  if (!day.contacts.some((contact) => day.minutes.taken.has(contact))) {
    return day.slots.map((atMs, index) => ({ atMs, contactId: day.contacts[index]!, isSameMinute: false }));
  }
  const table = new SlotTable(day);
  const indices = day.slots.map((_, index) => index);
  const conflicts = indices.filter((index) => table.inConflict(index));
  if (conflicts.length > 0) solve(random, table, conflicts);
  const assigned = indices.map((index) => ({
    atMs: table.slots[index]!,
    contactId: table.contacts[index]!,
    isSameMinute: table.inConflict(index),
  }));
  // Without a spacing a slot may have moved past others.
  return day.spacingMs === 0 ? assigned.sort((a, b) => a.atMs - b.atMs) : assigned;
}

function solve(random: SeededRandom, table: SlotTable, conflicts: readonly number[]): void {
  const partners = swapPartners(random, {
    count: table.slots.length,
    minuteOf: (index) => table.minuteOf(index),
    isTaken: (index, minute) => table.isTaken(index, minute),
  });
  for (const index of conflicts) {
    // The swap of an earlier one may have helped this one too.
    if (!table.inConflict(index)) continue;
    const changed = swapSlots(table, partners, index) ?? moveSlots(random, table, index);
    for (const slot of changed) partners.changed(slot);
  }
}

/** The slots that a swap changed; null when nobody is there to swap with. */
function swapSlots(table: SlotTable, partners: SwapPartners, index: number): readonly number[] | null {
  const other = partners.partnerOf(index);
  if (other === null) return null;
  table.swap(index, other);
  return [index, other];
}

/** With how many others a contact may try to swap and move: who finds nobody among them keeps its minute. */
const MOST_TRIES = 1_000;

/** The slots that were moved; none when all is in vain. */
function moveSlots(random: SeededRandom, table: SlotTable, index: number): readonly number[] {
  if (table.move(random, index)) return [index];
  if (!table.hasMinuteFor(random, index)) return [];
  const count = table.slots.length;
  const first = random.below(count);
  for (let step = 0; step < Math.min(count, MOST_TRIES); step++) {
    const other = (first + step) % count;
    if (other !== index && table.swapAndMove(random, index, other)) return [index, other];
  }
  return [];
}
