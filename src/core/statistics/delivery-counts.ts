/** How many deliveries of a set are in each status; those that wait for a limit or a retry count as pending. */
export interface DeliveryCounts {
  readonly pending: number;
  readonly sending: number;
  readonly sent: number;
  readonly delivered: number;
  readonly read: number;
  readonly failed: number;
  readonly uncertain: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly suppressed: number;
}

/** A status that is counted apart. */
export type CountedStatus = keyof DeliveryCounts;

/** What the counts say together. */
export interface DeliveryStatistics extends DeliveryCounts {
  readonly total: number;
  /**
   * The part, from 0 to 1, of the deliveries with a result that the gateway took: sent, delivered and read, among these
   * and the failed, expired and uncertain ones. Cancelled and suppressed ones were never meant to arrive. null while
   * there is no result.
   */
  readonly successRate: number | null;
}

/** No deliveries at all. */
export const NO_DELIVERIES: DeliveryCounts = {
  pending: 0,
  sending: 0,
  sent: 0,
  delivered: 0,
  read: 0,
  failed: 0,
  uncertain: 0,
  cancelled: 0,
  expired: 0,
  suppressed: 0,
};

/** Adds up `count` deliveries of `status`; the same status may come several times. */
export function addCount(counts: DeliveryCounts, status: CountedStatus, count: number): DeliveryCounts {
  return { ...counts, [status]: counts[status] + count };
}

/** The counts with what follows from them. */
export function statisticsOf(counts: DeliveryCounts): DeliveryStatistics {
  const total = (Object.values(counts) as number[]).reduce((sum, count) => sum + count, 0);
  const succeeded = counts.sent + counts.delivered + counts.read;
  const withResult = succeeded + counts.failed + counts.expired + counts.uncertain;
  return { ...counts, total, successRate: withResult === 0 ? null : succeeded / withResult };
}
