import { dayNumberAt } from '../openings/openings.js';
import { assignContacts } from './assign-contacts.js';
import { campaignDay, closingOf, openTime, type CampaignDay } from './campaign-day.js';
import type { CampaignPlan, CampaignPlanInput, PlannedSlot } from './campaign-plan.js';
import { channelCap, type Allowance } from './channel-cap.js';
import { drawSlots } from './draw-slots.js';
import { blockedTime, freeTime, within, type Stretch } from './free-time.js';
import { randomOf, shuffled } from './seeded-random.js';

/**
 * When each recipient of a campaign gets its message. Total and pure: the same input gives the same plan, in whatever
 * order reservations and maps are.
 *
 * Day by day, as many of the recipients as fit, in a random order, get instants of the hours in which campaign and
 * channel are open: every arrangement that keeps the spacing to each other and to reservations is equally likely (see
 * {@link drawSlots}). What does not fit goes to the next day on which anything does; what is left after the last day is
 * unplaced. Then contacts and slots of a day are exchanged where somebody would get a minute of the day that it had
 * lately (see {@link assignContacts}).
 *
 * A day's draws have a stream of their own, so that what happens on one day does not change the instants of another.
 */
export function planCampaign(input: CampaignPlanInput): CampaignPlan {
  const order = shuffled(randomOf(`${input.seed}:order`), input.recipients);
  const blocked = blockedTime(input.reservations, input.spacingMs);
  const cap = channelCap(input.dailyCap, input.spacingMs);
  const slots: PlannedSlot[] = [];
  const sameMinute: string[] = [];
  const firstDay = Math.max(input.startsOn, dayNumberAt(input.hours.zone, input.fromMs));
  for (let day = firstDay; day <= input.lastDay && slots.length < order.length; day++) {
    const wanted = Math.min(order.length - slots.length, input.maxPerDay - (input.usedPerDay.get(day) ?? 0));
    const open = wanted > 0 ? campaignDay(input.hours, input.channelHours, day) : null;
    if (open === null) continue;
    const free = afterSlot(slots.at(-1), freeTime(openTime(open, input.hours.window, input.fromMs), blocked), input);
    const allowance = cap.allow(free, wanted);
    const contacts = order.slice(slots.length, slots.length + allowance.count);
    const planned = planDay(input, open, allowance, contacts);
    cap.use(planned.map((slot) => slot.atMs));
    for (const { isSameMinute, ...slot } of planned) {
      slots.push(slot);
      if (isSameMinute) sameMinute.push(slot.contactId);
    }
  }
  return { slots, unplaced: inOrder(input.recipients, order.slice(slots.length)), sameMinute };
}

function planDay(
  { seed, spacingMs, minutes }: CampaignPlanInput,
  open: CampaignDay,
  { free, count }: Allowance,
  contacts: readonly string[],
): (PlannedSlot & { isSameMinute: boolean })[] {
  const slots = drawSlots(randomOf(`${seed}:day:${open.day}:slots`), free, count, spacingMs);
  const random = randomOf(`${seed}:day:${open.day}:minutes`);
  return assignContacts(random, { slots, contacts, free, spacingMs, minutes }).map(
    ({ atMs, contactId, isSameMinute }) => ({
      contactId,
      atMs,
      closesAtMs: closingOf(open, atMs),
      day: open.day,
      isSameMinute,
    }),
  );
}

/** The slots of a day are reservations for those after it, of which only the last can be near. */
function afterSlot(last: PlannedSlot | undefined, free: Stretch[], { spacingMs }: CampaignPlanInput): Stretch[] {
  return last === undefined ? free : within(free, { fromMs: last.atMs + spacingMs, toMs: Infinity });
}

function inOrder(recipients: readonly string[], some: readonly string[]): readonly string[] {
  if (some.length === 0) return [];
  const chosen = new Set(some);
  return recipients.filter((recipient) => chosen.has(recipient));
}
