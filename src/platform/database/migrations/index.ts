import { CreateSchema1763683200000 } from './1763683200000-create-schema.js';
import { PlanCampaigns1763769600000 } from './1763769600000-plan-campaigns.js';
import { IndexAuditedSubjects1763773200000 } from './1763773200000-index-audited-subjects.js';
import { FindLateSlotsByRun1763776800000 } from './1763776800000-find-late-slots-by-run.js';
import { LeaveRoomForUpdates1763780400000 } from './1763780400000-leave-room-for-updates.js';
import { NarrowKeysOfDeliveries1763784000000 } from './1763784000000-narrow-keys-of-deliveries.js';

/** All migrations, oldest first; named one by one, because a glob finds nothing when the program is bundled or moved. */
export const MIGRATIONS = [
  CreateSchema1763683200000,
  PlanCampaigns1763769600000,
  IndexAuditedSubjects1763773200000,
  FindLateSlotsByRun1763776800000,
  LeaveRoomForUpdates1763780400000,
  NarrowKeysOfDeliveries1763784000000,
] as const;
