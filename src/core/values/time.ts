/** An instant in whole milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** An instant in whole microseconds since 1970-01-01T00:00:00Z; exact in a double until the year 2255. */
export type EpochMicros = number;

/** A length of time in milliseconds, never negative. */
export type DurationMs = number;
