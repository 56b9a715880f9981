/** How a schedule says when. */
export const ScheduleType = {
  IMMEDIATE: 'IMMEDIATE',
  FUTURE: 'FUTURE',
  RECURRING: 'RECURRING',
  CAMPAIGN: 'CAMPAIGN',
} as const;

/** One of {@link ScheduleType}. */
export type ScheduleType = (typeof ScheduleType)[keyof typeof ScheduleType];

/** The states of a schedule. */
export const ScheduleStatus = {
  /** Waits for its next run. A poller on any replica fires it; no process holds it. */
  PENDING: 'PENDING',
  /** A run is not finished yet; it may be waiting for its next run as well. The finisher moves it on. */
  PROCESSING: 'PROCESSING',
  /** A person stopped it: nothing fires, nothing of it is sent. A person moves it on. */
  PAUSED: 'PAUSED',
  /** Nothing is left to fire and every run has ended. Final. */
  COMPLETED: 'COMPLETED',
  /** Its only run came too late or reached nobody, or it cannot be computed. `statusReason` says which. Final. */
  FAILED: 'FAILED',
  /** A person ended it. Its runs end as soon as nothing of them is at a gateway. Final. */
  CANCELLED: 'CANCELLED',
} as const;

/** One of {@link ScheduleStatus}. */
export type ScheduleStatus = (typeof ScheduleStatus)[keyof typeof ScheduleStatus];

/** Whether nothing but reading can be done with a schedule of this status. */
export function isFinal(status: ScheduleStatus): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}

/** The states of a run, as they are stored. */
export const RunState = {
  /** Deliveries are being made for its audience. Any replica's materialiser goes on with it. The API says RUNNING. */
  CREATED: 'CREATED',
  /** The whole audience has its deliveries; some are not done. The finisher ends it. */
  RUNNING: 'RUNNING',
  /** Every delivery is done and none needs a person. A retry reopens it. */
  COMPLETED: 'COMPLETED',
  /** Every delivery is done, and some failed, expired or are uncertain. A retry reopens it. */
  COMPLETED_WITH_FAILURES: 'COMPLETED_WITH_FAILURES',
  /** The schedule was cancelled and nothing of the run is left in the queue. Final. */
  CANCELLED: 'CANCELLED',
  /** One or several occurrences that nobody fired in time; written as such, so that none vanishes. Final. */
  MISSED: 'MISSED',
  /** Came due while an earlier run of the schedule was not finished. Final. */
  SKIPPED: 'SKIPPED',
} as const;

/** One of {@link RunState}. */
export type RunState = (typeof RunState)[keyof typeof RunState];

/** The status of a run as the API tells it. */
export const RunStatus = {
  RUNNING: 'RUNNING',
  COMPLETED: 'COMPLETED',
  COMPLETED_WITH_FAILURES: 'COMPLETED_WITH_FAILURES',
  CANCELLED: 'CANCELLED',
  MISSED: 'MISSED',
  SKIPPED: 'SKIPPED',
} as const;

/** One of {@link RunStatus}. */
export type RunStatus = (typeof RunStatus)[keyof typeof RunStatus];

/** What the API shows of a run: that its audience is still being written down concerns nobody. */
export function runStatusOf(state: RunState): RunStatus {
  return state === 'CREATED' ? 'RUNNING' : state;
}

/** What may happen when nobody knows whether the gateway took a message: never twice, or never lost. */
export const DeliveryGuarantee = { AT_MOST_ONCE: 'AT_MOST_ONCE', AT_LEAST_ONCE: 'AT_LEAST_ONCE' } as const;

/** One of {@link DeliveryGuarantee}. */
export type DeliveryGuarantee = (typeof DeliveryGuarantee)[keyof typeof DeliveryGuarantee];
