import type { Announcements } from '../../src/modules/dispatch/application/announcements.js';
import { Intents } from '../../src/modules/dispatch/application/intents.js';
import type { IntendedDelivery } from '../../src/modules/dispatch/dispatch-types.js';
import { IntentsRepository } from '../../src/modules/dispatch/persistence/intents.repository.js';
import { OutcomesRepository, type FinalOutcome } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { newId } from '../../src/platform/database/ids.js';
import { openSqlDatabase } from '../support/sql-database.js';
import { aClaimer, aLine, enqueue, prepared, workerDatabase } from '../support/workers.js';

const DELIVERIES = 4_000;
const ALL_AT_ONCE = 500;
/** Entries of indexes that a delivery may cost from its claim to its end, over all tables; it was 12. */
const ENTRIES_EACH = 40;
const nobodyListens = { changed: () => undefined } as unknown as Announcements;

it('dispatching reads as little of tables that the statistics call empty as of any other', async () => {
  const sql = await openSqlDatabase();
  const worker = workerDatabase(sql.url, 1);
  try {
    const intents = new Intents(worker, new IntentsRepository(), nobodyListens, new SystemClock());
    const [claimer, outcomes, workerId] = [aClaimer(worker), new OutcomesRepository(), newId()];
    const dispatchAll = async (): Promise<number> => {
      for (let ended = 0; ;) {
        const { taken } = await claimer.claim(workerId, [], () => ALL_AT_ONCE);
        if (taken.length === 0) return ended;
        const { intended } = await intents.commit(taken.map(prepared), workerId, 60_000);
        ended += (await outcomes.finishSending(worker, intended.map(sent))).length;
      }
    };
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 3);
    await sql.database.execute('VACUUM ANALYZE');
    // The connection plans now, for tables with hardly anything in them.
    expect(await dispatchAll()).toBe(3);
    await enqueue(sql.database, line, DELIVERIES);
    await worker.query('SELECT pg_stat_force_next_flush()');
    const before = await entriesRead();
    expect(await dispatchAll()).toBe(DELIVERIES);
    await worker.query('SELECT pg_stat_force_next_flush()');
    const { entries, rows, lookups } = await entriesRead();
    expect((entries - before.entries) / DELIVERIES).toBeLessThan(ENTRIES_EACH);
    expect(rows - before.rows).toBeLessThan(DELIVERIES);
    // Otherwise each entry was compared with each row of its batch.
    expect(lookups - before.lookups).toBeGreaterThanOrEqual(DELIVERIES);
  } finally {
    await worker.close();
    await sql.close();
  }

  /** Entries of indexes, rows in scans of whole tables, and lookups of attempts, since the database is there. */
  async function entriesRead(): Promise<{ entries: number; rows: number; lookups: number }> {
    const [row] = await sql.database.query<{ entries: number; rows: number; lookups: number }>(
      `SELECT (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname IN ('deliveries', 'delivery_queue', 'delivery_attempts', 'contact_rates'))::float8 AS entries,
              (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ('deliveries', 'delivery_queue', 'delivery_attempts', 'contact_rates'))::float8 AS rows,
              (SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'delivery_attempts_pkey')::float8 AS lookups`,
    );
    if (!row) throw new Error('PostgreSQL keeps no statistics');
    return row;
  }
}, 60_000);

function sent({ tenantId, deliveryId, token, attempt }: IntendedDelivery): FinalOutcome {
  return {
    ...{ tenantId, deliveryId, token, attempt },
    ...{ outcome: 'accepted', errorCode: null, errorMessage: null, durationMs: 1 },
    ...{ status: 'sent', agoMs: 0, address: '+5565981234567', content: 'Olá', variation: null, nicknameUsed: null },
    ...{ gatewayMessageId: null, gatewayResponse: null, remember: false },
  };
}
