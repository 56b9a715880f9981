import { registerEnumType } from '@nestjs/graphql';
import { MisfirePolicy } from '../../../core/recurrence/misfire.js';
import { BackoffKind } from '../../../core/retry/retry-policy.js';
import { DeliveryGuarantee, RunStatus, ScheduleStatus, ScheduleType } from '../../../core/scheduling/schedule-words.js';

registerEnumType(ScheduleType, {
  name: 'ScheduleType',
  valuesMap: { CAMPAIGN: { description: 'Not available yet.' } },
});

registerEnumType(ScheduleStatus, {
  name: 'ScheduleStatus',
  description:
    "PENDING: waits for its next run. PROCESSING: a run is under way. The last three are final; retrySchedule reopens FAILED deliveries, not the schedule's past.",
});

registerEnumType(RunStatus, {
  name: 'RunStatus',
  description: 'MISSED: nothing was there to start it in time. SKIPPED: an earlier run was not finished.',
});

registerEnumType(MisfirePolicy, {
  name: 'MisfirePolicy',
  description:
    'What to do with a run whose time passed while nothing was there to start it (older than the grace time).',
});

registerEnumType(DeliveryGuarantee, {
  name: 'DeliveryGuarantee',
  description: 'What may happen when nobody knows whether the gateway took the message: never twice, or never lost.',
});

registerEnumType(BackoffKind, { name: 'BackoffKind' });
