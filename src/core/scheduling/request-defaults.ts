import { DEFAULT_RETRY_POLICY } from '../retry/retry-policy.js';

/** What fields of a request mean when they are null or absent; those of an inner object count only where it is given. */
export interface RequestDefaults {
  readonly [field: string]: string | number | boolean | RequestDefaults;
}

const SENDING = { useNicknames: true, respectRateLimit: true } as const;
const POLICY = { retryPolicy: { ...DEFAULT_RETRY_POLICY }, guarantee: 'AT_MOST_ONCE' } as const;
const MESSAGE = { type: 'TEXT' } as const;

/** Of createSchedule and its preview. */
export const CREATE_DEFAULTS = {
  ...SENDING,
  ...POLICY,
  message: MESSAGE,
  privateNote: false,
  perContactTimeZone: false,
  misfirePolicy: 'LATEST',
  priority: 0,
  campaign: { maxPerDay: 1_000, minSpacingSeconds: 60 },
} as const satisfies RequestDefaults;

/** Of sendMessage. */
export const SEND_DEFAULTS = { ...SENDING, ...POLICY, priority: 0 } as const satisfies RequestDefaults;

/** Of sendTestMessage. */
export const TEST_DEFAULTS = { ...SENDING, message: MESSAGE, variation: 0 } as const satisfies RequestDefaults;

/** A request with the meaning of what it leaves out written down; anything but an object is returned as it is. */
export function withDefaults(request: unknown, defaults: RequestDefaults): unknown {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) return request;
  const filled: Record<string, unknown> = { ...request };
  for (const [field, meaning] of Object.entries(defaults)) {
    if (typeof meaning === 'object') filled[field] = withDefaults(filled[field], meaning);
    else filled[field] ??= meaning;
  }
  return filled;
}
