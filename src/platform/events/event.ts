import type { DeliveryStatus } from '../../core/delivery/delivery-state.js';
import type { EpochMs } from '../../core/values/time.js';

/**
 * A delivery has a new status. Ids only: whoever wants more reads the row again under its own tenant scope.
 * `previousStatus` is null for a delivery that was just made. `version` is the row's; a higher one is newer.
 */
export interface DeliveryChanged {
  readonly kind: 'deliveryChanged';
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly scheduleId: string;
  readonly channelId?: string;
  readonly runId?: string;
  readonly contactId?: string;
  readonly previousStatus: DeliveryStatus | null;
  readonly status: DeliveryStatus;
  readonly version: number;
  readonly atMs: EpochMs;
}

/** A schedule has changed in any way: edited, paused, fired, finished. */
export interface ScheduleChanged {
  readonly kind: 'scheduleChanged';
  readonly tenantId: string;
  readonly scheduleId: string;
  readonly version: number;
}

/** Deliveries became ready: dispatchers look now instead of at their next poll. Without `channelIds`, on any channel. */
export interface WorkAvailable {
  readonly kind: 'workAvailable';
  readonly channelIds?: readonly string[];
}

/** The next run of some schedule may be nearer than pollers believe. */
export interface SchedulesChanged {
  readonly kind: 'schedulesChanged';
}

/**
 * Events were lost on the way (a cut connection, a reader that was too slow): whoever keeps something that it learnt
 * from events reads it again. What was lost was committed before this arrives, so reading now finds all of it.
 */
export interface Resync {
  readonly kind: 'resync';
}

/** What belongs to one tenant; the only events that subscribers outside the process get to see. */
export type TenantEvent = DeliveryChanged | ScheduleChanged;

/** Wakes loops that would look by themselves a little later. */
export type Kick = WorkAvailable | SchedulesChanged;

/** What may be published. */
export type BusEvent = TenantEvent | Kick;

/** What arrives: an event, or the word that some did not. */
export type BusSignal = BusEvent | Resync;

/** The one resync signal; it carries nothing. */
export const RESYNC: Resync = { kind: 'resync' };

/** Above this many, a kick names no channel at all, which means every channel. */
const MAX_KICKED_CHANNELS = 100;

/** What an event is about: two of the same key can become one. */
export function keyOf(event: TenantEvent): string {
  return event.kind === 'deliveryChanged' ? `d${event.deliveryId}` : `s${event.scheduleId}`;
}

/**
 * One event that tells what two of the same key tell together. The state is that of the higher version, so a late, old
 * event never hides a newer one and a final status is never lost; the first previousStatus stays, so that the event says
 * what has changed since the reader was last told.
 */
export function mergeEvents(earlier: TenantEvent, later: TenantEvent): TenantEvent {
  const newest = later.version >= earlier.version ? later : earlier;
  if (earlier.kind !== 'deliveryChanged' || newest.kind !== 'deliveryChanged') return newest;
  return newest === earlier ? earlier : { ...newest, previousStatus: earlier.previousStatus };
}

/** One kick for the channels of two. */
export function mergeWork(a: WorkAvailable, b: WorkAvailable): WorkAvailable {
  if (!a.channelIds || !b.channelIds) return { kind: 'workAvailable' };
  const channelIds = [...new Set([...a.channelIds, ...b.channelIds])];
  return channelIds.length > MAX_KICKED_CHANNELS ? { kind: 'workAvailable' } : { kind: 'workAvailable', channelIds };
}

/** Whether the loops of other replicas wait for it; everything else is for subscribers. */
export function isKick({ kind }: BusEvent): boolean {
  return kind === 'workAvailable' || kind === 'schedulesChanged';
}
