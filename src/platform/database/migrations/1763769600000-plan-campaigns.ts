import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
ALTER TABLE channels
  ADD COLUMN sending_from_minute smallint,
  ADD COLUMN sending_to_minute smallint,
  ADD COLUMN sending_weekdays smallint[] NOT NULL DEFAULT '{1,2,3,4,5,6,7}',
  ADD CONSTRAINT channels_sending_window CHECK (
    (sending_from_minute IS NULL) = (sending_to_minute IS NULL)
    AND sending_from_minute >= 0 AND sending_from_minute < sending_to_minute AND sending_to_minute <= 1440),
  ADD CONSTRAINT channels_sending_weekdays CHECK (
    cardinality(sending_weekdays) > 0 AND sending_weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]);
COMMENT ON COLUMN channels.sending_from_minute IS 'Minutes after local midnight; null with sending_to_minute: any hour.';
ALTER TABLE schedules
  ADD COLUMN campaign jsonb,
  ADD COLUMN per_contact_time_zone boolean NOT NULL DEFAULT false,
  ADD COLUMN is_test boolean NOT NULL DEFAULT false,
  ADD COLUMN conversation_id text,
  ADD COLUMN private_note boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN schedules.campaign IS 'startsOn, weekdays, fromMinute, toMinute, maxPerDay, minSpacingSeconds, seed; null unless type is CAMPAIGN.';
COMMENT ON COLUMN schedules.is_test IS 'Its one delivery is a test send.';
CREATE INDEX schedules_conversation ON schedules (tenant_id, conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX schedules_due_by_contact ON schedules (next_run_at) WHERE per_contact_time_zone AND next_run_at IS NOT NULL;
ALTER TABLE schedule_runs
  ADD COLUMN planned_from timestamptz,
  ADD COLUMN plan_number integer NOT NULL DEFAULT 0,
  ADD COLUMN needs_plan boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN schedule_runs.planned_from IS 'The instant for which a campaign was planned first; null in a run of any other schedule.';
COMMENT ON COLUMN schedule_runs.plan_number IS 'How often a campaign was planned anew: each plan has randomness of its own.';
COMMENT ON COLUMN schedule_runs.needs_plan IS 'What of the campaign has not gone is to be planned anew: it was resumed or edited.';
CREATE INDEX schedule_runs_to_plan ON schedule_runs (id) WHERE needs_plan;
ALTER TABLE delivery_queue
  ADD COLUMN slot_at timestamptz,
  ADD COLUMN slot_until timestamptz,
  ADD COLUMN spacing_seconds integer;
COMMENT ON COLUMN delivery_queue.slot_at IS 'The planned instant of a delivery of a campaign, reserved on its channel; null for any other delivery.';
COMMENT ON COLUMN delivery_queue.slot_until IS 'When the window of the planned day closes: afterwards the delivery needs another instant.';
COMMENT ON COLUMN delivery_queue.spacing_seconds IS 'It goes no sooner than this after the last message of its channel.';
CREATE INDEX delivery_queue_slots ON delivery_queue (channel_id, slot_at) WHERE slot_at IS NOT NULL;
CREATE INDEX delivery_queue_late_slots ON delivery_queue (slot_at) WHERE slot_at IS NOT NULL;`;

const DOWN = `
DROP INDEX delivery_queue_late_slots;
DROP INDEX delivery_queue_slots;
ALTER TABLE delivery_queue DROP COLUMN spacing_seconds, DROP COLUMN slot_until, DROP COLUMN slot_at;
DROP INDEX schedule_runs_to_plan;
ALTER TABLE schedule_runs DROP COLUMN needs_plan, DROP COLUMN plan_number, DROP COLUMN planned_from;
DROP INDEX schedules_due_by_contact;
DROP INDEX schedules_conversation;
ALTER TABLE schedules
  DROP COLUMN private_note, DROP COLUMN conversation_id, DROP COLUMN is_test, DROP COLUMN per_contact_time_zone,
  DROP COLUMN campaign;
ALTER TABLE channels
  DROP CONSTRAINT channels_sending_weekdays, DROP CONSTRAINT channels_sending_window,
  DROP COLUMN sending_weekdays, DROP COLUMN sending_to_minute, DROP COLUMN sending_from_minute;`;

/** What campaigns, sending windows, local times of contacts, test sends and conversations need to be stored. */
export class PlanCampaigns1763769600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
