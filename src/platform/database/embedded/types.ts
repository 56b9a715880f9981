/** Settings of the PostgreSQL server by their names in postgresql.conf; numbers are in the unit that PostgreSQL gives the setting. */
export type PostgresSettings = Readonly<Record<string, string | number>>;

/** Receives what the embedded server has to say; `event` is a fixed name, `facts` never hold the password. */
export type EmbeddedPostgresLog = (
  level: 'info' | 'warn' | 'error',
  event: string,
  facts: Readonly<Record<string, string | number>>,
) => void;

/** The user that the server's processes run as; `undefined` stands for the user of this process. */
export interface RunUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where the programs of PostgreSQL are; `version` is that of the npm package that brought them. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
  /** The folder with bin, lib and share in it. */
  readonly root: string;
  readonly version: string;
}

/** One database cluster on this machine and everything needed to run it. */
export interface Cluster {
  /** The caller's data directory, as its real path: holds the password, the log, the lock and, when reachable, the cluster. */
  readonly home: string;
  /** PostgreSQL's own data directory (PGDATA), as its real path. */
  readonly dataDirectory: string;
  /** Where PostgreSQL's messages go. */
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly user: RunUser | undefined;
}

/** The embedded server cannot be used; the message tells a person what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}
