import { newId } from '../../src/platform/database/ids.js';
import { ScheduleSendingRules } from '../../src/modules/schedules/index.js';
import { aSchedule, aTenant } from '../support/factories/rows.js';
import { openSqlDatabase } from '../support/sql-database.js';

describe('the rules of schedules for sending', () => {
  it('are read for schedules of several tenants at once, each under its own tenant only', async () => {
    const db = await openSqlDatabase();
    try {
      const [mine, theirs] = [await aTenant(db.database), await aTenant(db.database)];
      const ours = await aSchedule(db.database, mine, { guarantee: 'AT_LEAST_ONCE', status: 'PAUSED' });
      const other = await aSchedule(db.database, theirs, { useNicknames: false });
      const rules = await new ScheduleSendingRules().forSending(db.database, [
        { tenantId: mine.tenantId, scheduleId: ours },
        { tenantId: theirs.tenantId, scheduleId: other },
        { tenantId: mine.tenantId, scheduleId: newId() },
      ]);
      expect([...rules.keys()].sort()).toEqual([ours, other].sort());
      expect(rules.get(ours)).toMatchObject({
        tenantId: mine.tenantId,
        status: 'PAUSED',
        guarantee: 'AT_LEAST_ONCE',
        respectRateLimit: true,
        retryPolicy: { maxAttempts: 4 },
      });
      expect(rules.get(other)?.useNicknames).toBe(false);
      const crossed = [{ tenantId: theirs.tenantId, scheduleId: ours }];
      expect(await new ScheduleSendingRules().forSending(db.database, crossed)).toEqual(new Map());
    } finally {
      await db.close();
    }
  });
});
