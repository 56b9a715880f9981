import { z } from 'zod';

/** What a process does: serve the API, dispatch, or both. */
export const PROCESS_ROLES = ['api', 'worker', 'all'] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

const integer = (min: number, max: number) =>
  z.coerce.number(`expected a whole number from ${min} to ${max}`).int().min(min).max(max);

const flag = z.enum(['true', 'false', '1', '0']).transform((word) => word === 'true' || word === '1');

const schema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z.string().default('0.0.0.0'),
  PORT: integer(0, 65_535).default(3000),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'expected a postgres:// address' }).optional(),
  DATABASE_POOL: integer(4, 200).default(16),
  DATA_DIR: z.string().default('./data'),
  ROLE: z.enum(PROCESS_ROLES).default('all'),
  ADMIN_API_KEY: z.string().min(22, 'expected at least 22 characters (128 bits)').optional(),
  ENCRYPTION_KEY: z
    .string()
    .regex(/^([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)$/, 'expected 32 bytes in hexadecimal or base64')
    .optional(),
  RATE_LIMIT_PER_MIN: integer(1, 60_000).default(5),
  RATE_LIMIT_BURST: integer(1, 10_000).default(10),
  TZ_DEFAULT: z.string().default('America/Cuiaba'),
  DEFAULT_COUNTRY: z
    .string()
    .regex(/^[A-Z]{2}$/, 'expected two capital letters such as BR')
    .default('BR'),
  SCHEDULER_MISFIRE_GRACE_SECONDS: integer(1, 31_536_000).optional(),
  MAX_RETRY_ATTEMPTS: integer(1, 20).default(4),
  RETRY_BACKOFF_FACTOR: z.coerce.number().min(1).max(10).default(2),
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ''),
    ),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  INTROSPECTION: flag.optional(),
  PUBLIC_URL: z.url().optional(),
});

/** The process's settings, read once at start. Durations and sizes carry their unit in the name. */
export interface AppConfig {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** undefined: the embedded PostgreSQL is started. */
  readonly databaseUrl: string | undefined;
  readonly databasePool: number;
  readonly dataDir: string;
  readonly role: ProcessRole;
  readonly adminApiKey: string | undefined;
  /** 32 bytes in hexadecimal or base64; undefined: created in the data directory. */
  readonly encryptionKey: string | undefined;
  readonly defaultPerMinute: number;
  readonly defaultBurst: number;
  readonly defaultTimeZone: string;
  readonly defaultCountry: string;
  readonly misfireGraceSeconds: number | undefined;
  readonly retry: { readonly maxAttempts: number; readonly factor: number };
  readonly corsOrigins: readonly string[];
  readonly logLevel: string;
  readonly introspection: boolean;
  readonly publicUrl: string | undefined;
}

/** Names whose values must never be shown. */
const SECRET = /KEY|SECRET|URL/;

/**
 * Reads the settings from environment variables; an empty one counts as unset.
 * @returns the settings, or every problem at once as `NAME: what was expected, got …` (secrets masked).
 */
export function parseConfig(
  env: Readonly<Record<string, string | undefined>>,
): { ok: true; value: AppConfig } | { ok: false; error: string[] } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    return {
      ok: false,
      error: parsed.error.issues.map((issue) => {
        const name = issue.path.join('.');
        const got = SECRET.test(name) ? '(hidden)' : JSON.stringify(given[name] ?? null);
        return `${name}: ${issue.message}, got ${got}`;
      }),
    };
  }
  const value = parsed.data;
  const zoneProblem = timeZoneProblem(value.TZ_DEFAULT);
  if (zoneProblem) return { ok: false, error: [zoneProblem] };
  return {
    ok: true,
    value: Object.freeze({
      production: value.NODE_ENV === 'production',
      host: value.HOST,
      port: value.PORT,
      databaseUrl: value.DATABASE_URL,
      databasePool: value.DATABASE_POOL,
      dataDir: value.DATA_DIR,
      role: value.ROLE,
      adminApiKey: value.ADMIN_API_KEY,
      encryptionKey: value.ENCRYPTION_KEY,
      defaultPerMinute: value.RATE_LIMIT_PER_MIN,
      defaultBurst: value.RATE_LIMIT_BURST,
      defaultTimeZone: value.TZ_DEFAULT,
      defaultCountry: value.DEFAULT_COUNTRY,
      misfireGraceSeconds: value.SCHEDULER_MISFIRE_GRACE_SECONDS,
      retry: { maxAttempts: value.MAX_RETRY_ATTEMPTS, factor: value.RETRY_BACKOFF_FACTOR },
      corsOrigins: value.CORS_ORIGINS,
      logLevel: value.LOG_LEVEL,
      introspection: value.INTROSPECTION ?? value.NODE_ENV !== 'production',
      publicUrl: value.PUBLIC_URL,
    }),
  };
}

function timeZoneProblem(name: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    return `TZ_DEFAULT: expected an IANA time zone, got ${JSON.stringify(name)}`;
  }
}

/** Injection token of {@link AppConfig}. */
export const APP_CONFIG = Symbol('AppConfig');
