import { Pool } from 'pg';
import type { Job } from './peer.js';

/** The log that a user of a job library keeps himself: a row each, changed before the call and after it. */
export interface StatusRows {
  insert(jobs: readonly Job[]): Promise<void>;
  sending(id: number): Promise<void>;
  sent(id: number, providerId: string): Promise<void>;
  countSent(): Promise<number>;
  close(): Promise<void>;
}

const TABLE = `CREATE TABLE delivery_status (
  id bigint PRIMARY KEY,
  recipient text NOT NULL,
  body text NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  attempts integer NOT NULL DEFAULT 0,
  provider_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
)`;

export async function createStatusRows(connectionString: string): Promise<StatusRows> {
  const pool = new Pool({ connectionString, max: 20 });
  await pool.query(TABLE);
  return {
    insert: async (jobs) => {
      await pool.query({
        name: 'insert',
        text: 'INSERT INTO delivery_status (id, recipient, body) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])',
        values: [jobs.map(({ id }) => id), jobs.map(({ to }) => to), jobs.map(({ text }) => text)],
      });
    },
    sending: async (id) => {
      await pool.query({
        name: 'sending',
        text: `UPDATE delivery_status SET status = 'sending', attempts = attempts + 1, updated_at = now() WHERE id = $1`,
        values: [id],
      });
    },
    sent: async (id, providerId) => {
      await pool.query({
        name: 'sent',
        text: `UPDATE delivery_status SET status = 'sent', provider_id = $2, updated_at = now() WHERE id = $1`,
        values: [id, providerId],
      });
    },
    countSent: async () => {
      const { rows } = await pool.query(`SELECT count(*)::int AS sent FROM delivery_status WHERE status = 'sent'`);
      return (rows as { sent: number }[])[0]?.sent ?? 0;
    },
    close: () => pool.end(),
  };
}
