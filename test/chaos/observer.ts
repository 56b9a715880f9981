import { rowsOf } from './database.js';

/**
 * Notes every change of a delivery's rows and of a schedule's next run, in the same transaction: what is rolled back or
 * forgotten in a crash is forgotten here too.
 */
const OBSERVER = `
CREATE TABLE chaos_changes (
  seq bigserial PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  delivery_id uuid NOT NULL,
  source text NOT NULL,
  old_state text,
  new_state text,
  token bigint,
  attempt smallint
);
CREATE FUNCTION chaos_note_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chaos_changes (delivery_id, source, old_state, new_state)
  VALUES (NEW.id, 'log', CASE WHEN TG_OP = 'UPDATE' THEN OLD.status::text END, NEW.status::text);
  RETURN NULL;
END $$;
CREATE FUNCTION chaos_note_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO chaos_changes (delivery_id, source, new_state) VALUES (NEW.delivery_id, 'queue', NEW.state::text);
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO chaos_changes (delivery_id, source, old_state, token, attempt)
    VALUES (OLD.delivery_id, 'queue', OLD.state::text, OLD.lease_token, OLD.attempt);
  ELSE
    INSERT INTO chaos_changes (delivery_id, source, old_state, new_state, token, attempt)
    VALUES (NEW.delivery_id, 'queue', OLD.state::text, NEW.state::text, OLD.lease_token, OLD.attempt);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_log_inserted AFTER INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION chaos_note_log();
CREATE TRIGGER chaos_log_updated AFTER UPDATE ON deliveries FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION chaos_note_log();
CREATE TRIGGER chaos_queue_ends AFTER INSERT OR DELETE ON delivery_queue FOR EACH ROW EXECUTE FUNCTION chaos_note_queue();
CREATE TRIGGER chaos_queue_updated AFTER UPDATE ON delivery_queue FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.lease_token IS DISTINCT FROM NEW.lease_token)
  EXECUTE FUNCTION chaos_note_queue();

CREATE TABLE chaos_next_runs (
  seq bigserial PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  schedule_id uuid NOT NULL,
  old_status text NOT NULL,
  new_status text NOT NULL,
  old_next timestamptz,
  new_next timestamptz
);
CREATE FUNCTION chaos_note_next_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chaos_next_runs (schedule_id, old_status, new_status, old_next, new_next)
  VALUES (NEW.id, OLD.status, NEW.status, OLD.next_run_at, NEW.next_run_at);
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_next_run AFTER UPDATE ON schedules FOR EACH ROW
  WHEN (OLD.next_run_at IS DISTINCT FROM NEW.next_run_at OR OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION chaos_note_next_run();`;

export async function installObserver(url: string): Promise<void> {
  await rowsOf(url, OBSERVER);
}
