/** Names a run of some tenant; loops work for all tenants at once. */
export interface RunKey {
  readonly tenantId: string;
  readonly runId: string;
  readonly scheduleId: string;
}

/** Names a schedule of some tenant. */
export interface ScheduleKey {
  readonly tenantId: string;
  readonly scheduleId: string;
}

/** A schedule at a version of it. */
export interface ScheduleVersion extends ScheduleKey {
  readonly version: number;
}
