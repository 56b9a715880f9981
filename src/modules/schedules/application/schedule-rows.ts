/** The plain rows that this feature's services hand out. */
export type { ScheduleRow } from '../persistence/schedule.entity.js';
export type { ScheduleRunRow } from '../persistence/schedule-run.entity.js';
