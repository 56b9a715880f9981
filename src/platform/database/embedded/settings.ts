import type { PostgresSettings } from './types.js';

/**
 * Settings for a job queue on a small machine. What PostgreSQL promises about committed data stays untouched: fsync,
 * full_page_writes and synchronous_commit keep their defaults (on).
 *
 * They are given on the command line at each start, so a newer version of this program needs no change in the cluster.
 */
export const DEFAULT_SETTINGS: PostgresSettings = {
  // Short statements on hot rows: compiling them costs more than running them.
  jit: 'off',
  max_connections: 200,
  shared_buffers: '256MB',
  // Fewer checkpoints mean fewer full page images of the rows that every claim touches.
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // A queue table dies and is reborn all day; a late vacuum shows as slow claims.
  autovacuum_naptime: '10s',
  // A process that froze inside a transaction would hold its rows and block vacuum.
  idle_in_transaction_session_timeout: '15s',
  tcp_keepalives_idle: 30,
  tcp_keepalives_interval: 10,
  tcp_keepalives_count: 3,
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %a ',
  log_checkpoints: 'off',
  // Statements and the details of violated constraints carry phone numbers and texts: they stay out of the log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

/** Only processes of this machine reach the server, by TCP and with the password; a socket's path could be too long. */
const FIXED_SETTINGS: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
};

/** Arguments of `postgres` for these settings; the caller's settings win over the defaults, nothing wins over the fixed ones. */
export function settingArguments(overrides: PostgresSettings): string[] {
  const settings = { ...DEFAULT_SETTINGS, ...overrides, ...FIXED_SETTINGS };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
