import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  'audit_log',
  'gateway_messages',
  'provider_events',
  'dispatch_leases',
  'delivery_attempts',
  'delivery_queue',
  'deliveries',
  'schedule_runs',
  'schedule_target_groups',
  'schedule_target_contacts',
  'schedules',
  'contact_rates',
  'channel_lanes',
  'channels',
  'messages',
  'opt_outs',
  'group_memberships',
  'contact_groups',
  'nicknames',
  'contacts',
  'api_keys',
  'tenants',
] as const;

/**
 * Every row carries tenant_id, and every reference between tenants' rows is (tenant_id, id), so that no row can point
 * into another tenant.
 *
 * A delivery is two rows while it is live: `deliveries`, the log, written once when it is planned and once when it ends;
 * and `delivery_queue`, narrow, which exists exactly as long as something is still to be done (docs/adr/0003).
 */
export class CreateSchema1763683200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [TENANTS, CONTACTS, MESSAGES, CHANNELS, SCHEDULES, DELIVERIES, EVENTS]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE ${table}`);
    await runner.query('DROP SEQUENCE dispatch_tokens');
    await runner.query('DROP FUNCTION ordered_uuid(timestamptz, bigint)');
    await runner.query('DROP TYPE queue_state, delivery_status, wait_reason, delivery_guarantee');
  }
}

const TENANTS = `
CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  time_zone text NOT NULL,
  default_country text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_keys (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('ADMIN', 'OPERATOR', 'VIEWER')),
  prefix text NOT NULL,
  secret_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, id)
);`;

const CONTACTS = `
CREATE TABLE contacts (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  name text NOT NULL,
  phone text,
  phone_key text,
  email text,
  city text,
  time_zone text,
  attributes jsonb NOT NULL DEFAULT '{}',
  search_text text NOT NULL DEFAULT '',
  implicit boolean NOT NULL DEFAULT false,
  opted_out_at timestamptz,
  deleted_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
COMMENT ON COLUMN contacts.phone_key IS 'Equal for the spellings of one number, such as Brazilian mobiles with and without the ninth digit.';
COMMENT ON COLUMN contacts.implicit IS 'Made by sending to a bare number; not listed until somebody names it.';
CREATE INDEX contacts_phone_key ON contacts (tenant_id, phone_key) WHERE phone_key IS NOT NULL;
CREATE INDEX contacts_email ON contacts (tenant_id, lower(email)) WHERE email IS NOT NULL;
CREATE TABLE nicknames (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  contact_id uuid NOT NULL,
  nickname text NOT NULL,
  tone text,
  is_default boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX nicknames_contact ON nicknames (tenant_id, contact_id);
CREATE UNIQUE INDEX nicknames_one_default ON nicknames (tenant_id, contact_id) WHERE is_default;
CREATE TABLE contact_groups (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  name text NOT NULL,
  google_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX contact_groups_name ON contact_groups (tenant_id, lower(name));
CREATE TABLE group_memberships (
  tenant_id uuid NOT NULL,
  group_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, group_id, contact_id),
  FOREIGN KEY (tenant_id, group_id) REFERENCES contact_groups (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX group_memberships_contact ON group_memberships (tenant_id, contact_id);
CREATE TABLE opt_outs (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  phone_key text NOT NULL,
  opted_out_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, phone_key)
);
COMMENT ON TABLE opt_outs IS 'By number, so that a contact that is deleted and imported again stays opted out.';`;

const MESSAGES = `
CREATE TABLE messages (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  title text NOT NULL,
  content text NOT NULL,
  type text NOT NULL CHECK (type IN ('TEXT', 'IMAGE', 'DOCUMENT', 'AUDIO', 'TEMPLATE')),
  status text NOT NULL CHECK (status IN ('DRAFT', 'ACTIVE', 'PAUSED', 'ARCHIVED')),
  variations text[] NOT NULL DEFAULT '{}' CHECK (cardinality(variations) <= 5),
  attachment_url text,
  attachment_type text,
  template jsonb,
  placeholders text[] NOT NULL DEFAULT '{}',
  search_text text NOT NULL DEFAULT '',
  implicit boolean NOT NULL DEFAULT false,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
COMMENT ON COLUMN messages.implicit IS 'Made by sendMessage from a bare text; not listed.';`;

const CHANNELS = `
CREATE TABLE channels (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  name text NOT NULL,
  gateway text NOT NULL CHECK (gateway IN ('SIMULATOR', 'WEBHOOK', 'WHATSAPP_CLOUD', 'EVOLUTION', 'CHATWOOT', 'TWILIO')),
  status text NOT NULL CHECK (status IN ('ACTIVE', 'PAUSED', 'DISCONNECTED')),
  status_reason text,
  settings jsonb NOT NULL,
  secrets bytea,
  time_zone text NOT NULL,
  per_minute integer NOT NULL,
  burst integer NOT NULL,
  per_contact_per_minute integer,
  per_day integer,
  min_spacing_seconds integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX channels_id ON channels (id);
COMMENT ON COLUMN channels.secrets IS 'AES-256-GCM; see platform/secrets.';
CREATE TABLE channel_lanes (
  tenant_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  tat_us bigint NOT NULL DEFAULT 0,
  last_taken_us bigint NOT NULL DEFAULT 0,
  day date,
  sent_today integer NOT NULL DEFAULT 0,
  held_until_us bigint NOT NULL DEFAULT 0,
  open_at timestamptz NOT NULL DEFAULT 'infinity',
  PRIMARY KEY (tenant_id, channel_id),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES channels (tenant_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX channel_lanes_open ON channel_lanes (open_at) WHERE open_at < 'infinity';
COMMENT ON COLUMN channel_lanes.held_until_us IS 'The provider asked for a pause until then.';
COMMENT ON COLUMN channel_lanes.open_at IS 'Not later than the first instant at which a delivery of the lane may go; infinity when nothing waits.';
CREATE TABLE contact_rates (
  tenant_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  tat_us bigint NOT NULL,
  PRIMARY KEY (tenant_id, channel_id, contact_id)
) WITH (fillfactor = 80);`;

const SCHEDULES = `
CREATE TABLE schedules (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  type text NOT NULL CHECK (type IN ('IMMEDIATE', 'FUTURE', 'RECURRING', 'CAMPAIGN')),
  status text NOT NULL CHECK (status IN ('PENDING', 'PROCESSING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELLED')),
  status_reason text,
  message_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  scheduled_at timestamptz,
  cron_expression text,
  time_zone text NOT NULL,
  starts_at timestamptz,
  ends_at timestamptz,
  max_runs integer,
  misfire_policy text NOT NULL CHECK (misfire_policy IN ('LATEST', 'NONE', 'ALL')),
  misfire_grace_seconds integer,
  priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 10),
  use_nicknames boolean NOT NULL,
  respect_rate_limit boolean NOT NULL,
  retry_policy jsonb NOT NULL,
  guarantee text NOT NULL CHECK (guarantee IN ('AT_MOST_ONCE', 'AT_LEAST_ONCE')),
  expires_after_seconds integer,
  client_reference text,
  client_message_id text,
  request_hash bytea,
  next_run_at timestamptz,
  last_run_at timestamptz,
  run_count integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  search_text text NOT NULL DEFAULT '',
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, message_id) REFERENCES messages (tenant_id, id),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES channels (tenant_id, id)
) WITH (fillfactor = 85);
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE UNIQUE INDEX schedules_client_reference ON schedules (tenant_id, client_reference) WHERE client_reference IS NOT NULL;
CREATE UNIQUE INDEX schedules_client_message ON schedules (tenant_id, client_message_id) WHERE client_message_id IS NOT NULL;
CREATE INDEX schedules_message ON schedules (tenant_id, message_id);
CREATE INDEX schedules_channel ON schedules (tenant_id, channel_id);
CREATE TABLE schedule_target_contacts (
  tenant_id uuid NOT NULL,
  schedule_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, schedule_id, contact_id),
  FOREIGN KEY (tenant_id, schedule_id) REFERENCES schedules (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX schedule_target_contacts_contact ON schedule_target_contacts (tenant_id, contact_id);
CREATE TABLE schedule_target_groups (
  tenant_id uuid NOT NULL,
  schedule_id uuid NOT NULL,
  group_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, schedule_id, group_id),
  FOREIGN KEY (tenant_id, schedule_id) REFERENCES schedules (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, group_id) REFERENCES contact_groups (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX schedule_target_groups_group ON schedule_target_groups (tenant_id, group_id);
CREATE TABLE schedule_runs (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  schedule_id uuid NOT NULL,
  due_at timestamptz NOT NULL,
  status text NOT NULL CHECK (status IN ('CREATED', 'RUNNING', 'COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELLED', 'MISSED', 'SKIPPED')),
  reason text,
  missed_count integer,
  missed_until timestamptz,
  audience_cursor uuid,
  audience_count integer NOT NULL DEFAULT 0,
  materialised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, schedule_id) REFERENCES schedules (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX schedule_runs_occurrence ON schedule_runs (tenant_id, schedule_id, due_at);
CREATE INDEX schedule_runs_created ON schedule_runs (materialised_at) WHERE status = 'CREATED';
CREATE INDEX schedule_runs_running ON schedule_runs (id) WHERE status = 'RUNNING';
CREATE INDEX schedule_runs_unfinished ON schedule_runs (tenant_id, schedule_id) WHERE status IN ('CREATED', 'RUNNING');
COMMENT ON COLUMN schedule_runs.audience_cursor IS 'The last contact of the audience that has its delivery; materialisation goes on after it.';
COMMENT ON COLUMN schedule_runs.materialised_at IS 'When the last part of the audience got its deliveries; runs take turns by it.';`;

const DELIVERIES = `
CREATE TYPE queue_state AS ENUM ('pending', 'claimed', 'sending', 'uncertain');
CREATE TYPE wait_reason AS ENUM ('none', 'rate_limit', 'retry', 'paused');
CREATE TYPE delivery_guarantee AS ENUM ('at_most_once', 'at_least_once');
CREATE TYPE delivery_status AS ENUM ('pending', 'sent', 'delivered', 'read', 'failed', 'uncertain', 'cancelled', 'expired', 'suppressed');
CREATE TABLE deliveries (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  schedule_id uuid NOT NULL,
  run_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  due_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  failed_at timestamptz,
  status delivery_status NOT NULL DEFAULT 'pending',
  version integer NOT NULL DEFAULT 1,
  priority smallint NOT NULL,
  attempt smallint NOT NULL DEFAULT 0,
  variation smallint,
  needs_attention boolean NOT NULL DEFAULT false,
  address text,
  client_message_id text,
  nickname_used text,
  content text,
  gateway_message_id text,
  gateway_response jsonb,
  error_code text,
  error_message text,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, run_id) REFERENCES schedule_runs (tenant_id, id) ON DELETE CASCADE
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
CREATE UNIQUE INDEX deliveries_run_contact ON deliveries (tenant_id, run_id, contact_id);
CREATE INDEX deliveries_schedule ON deliveries (tenant_id, schedule_id, id);
CREATE INDEX deliveries_contact ON deliveries (tenant_id, contact_id, id);
CREATE INDEX deliveries_client_message ON deliveries (tenant_id, client_message_id) WHERE client_message_id IS NOT NULL;
CREATE INDEX deliveries_attention ON deliveries (tenant_id, id) WHERE needs_attention;
CREATE INDEX deliveries_due ON deliveries USING brin (due_at) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON COLUMN deliveries.status IS 'pending while a delivery_queue row exists: the queue row then says more.';
COMMENT ON COLUMN deliveries.needs_attention IS 'failed, uncertain or expired: an index of its own, so that a status change touches no index otherwise.';
CREATE TABLE delivery_queue (
  tenant_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  schedule_id uuid NOT NULL,
  run_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  ready_at timestamptz NOT NULL,
  expires_at timestamptz,
  parked_at timestamptz,
  lease_token bigint NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 0,
  state queue_state NOT NULL DEFAULT 'pending',
  wait_reason wait_reason NOT NULL DEFAULT 'none',
  guarantee delivery_guarantee NOT NULL,
  priority smallint NOT NULL,
  attempt smallint NOT NULL DEFAULT 0,
  attempts_before smallint NOT NULL DEFAULT 0,
  express boolean NOT NULL DEFAULT false,
  cancel_requested boolean NOT NULL DEFAULT false,
  error_code text,
  error_message text,
  PRIMARY KEY (tenant_id, delivery_id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX delivery_queue_ready ON delivery_queue (channel_id, priority DESC, ready_at, delivery_id);
CREATE INDEX delivery_queue_express ON delivery_queue (channel_id, ready_at) WHERE express;
CREATE INDEX delivery_queue_run ON delivery_queue (tenant_id, run_id);
CREATE INDEX delivery_queue_parked ON delivery_queue (tenant_id, run_id) WHERE wait_reason = 'paused';
CREATE INDEX delivery_queue_expiry ON delivery_queue (expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON COLUMN delivery_queue.ready_at IS 'The first instant at which the delivery may be considered again; infinity while parked.';
COMMENT ON COLUMN delivery_queue.parked_at IS 'ready_at as it was when the schedule was paused.';
COMMENT ON COLUMN delivery_queue.attempts_before IS 'Attempts made before a person asked for a retry: they do not count against the policy.';
COMMENT ON COLUMN delivery_queue.express IS 'The schedule does not respect the rate limit.';
CREATE TABLE delivery_attempts (
  tenant_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  number smallint NOT NULL,
  lease_token bigint NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  duration_ms integer,
  outcome text,
  error_code text,
  error_message text,
  PRIMARY KEY (tenant_id, delivery_id, number)
) WITH (fillfactor = 80);
CREATE SEQUENCE dispatch_tokens AS bigint CACHE 20;
CREATE TABLE dispatch_leases (
  token bigint PRIMARY KEY,
  worker_id uuid NOT NULL,
  lease_until timestamptz NOT NULL,
  tenant_ids uuid[] NOT NULL,
  delivery_ids uuid[] NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE dispatch_leases IS 'One row a claimed batch: the row is the mutex between its worker and the reaper.';
CREATE FUNCTION ordered_uuid(at timestamptz, ordinal bigint) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
    || '7' || lpad(to_hex((ordinal >> 14) & 4095), 3, '0')
    || to_hex(32768 | (ordinal & 16383))
    || right(gen_random_uuid()::text, 12))::uuid
$$;
COMMENT ON FUNCTION ordered_uuid IS 'A UUIDv7 whose order within the millisecond is the ordinal''s.';`;

const EVENTS = `
CREATE TABLE provider_events (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  channel_id uuid NOT NULL,
  event_key text NOT NULL,
  delivery_id uuid,
  gateway_message_id text,
  kind text NOT NULL CHECK (kind IN ('SENT', 'DELIVERED', 'READ', 'FAILED')),
  occurred_at timestamptz NOT NULL,
  error_code text,
  error_message text,
  payload jsonb,
  applied_at timestamptz,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES channels (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX provider_events_key ON provider_events (channel_id, event_key);
CREATE INDEX provider_events_delivery ON provider_events (tenant_id, delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX provider_events_unapplied ON provider_events (received_at) WHERE applied_at IS NULL;
CREATE TABLE gateway_messages (
  tenant_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  gateway_message_id text NOT NULL,
  delivery_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, channel_id, gateway_message_id)
);
COMMENT ON TABLE gateway_messages IS 'Which delivery a provider''s message id belongs to, for status events without our reference. Apart from deliveries, where an index on the id would be touched by the update that ends every send.';
CREATE TABLE audit_log (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  action text NOT NULL,
  subject_id uuid,
  details jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, id)
);`;
