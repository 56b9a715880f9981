import type { GatewaySettings } from '../../../core/gateway/gateway-factory.js';
import { GatewayKind } from '../../../core/gateway/message-gateway.js';
import { ALL_WEEKDAYS, makeDailyWindow, makeWeekdays } from '../../../core/openings/daily-window.js';
import { makeLanePolicy } from '../../../core/rate-limit/lane.js';
import { isStorable } from '../../../core/values/storable.js';
import type { Violation } from '../../../core/values/violation.js';
import type { ChannelChanges } from '../persistence/channels.repository.js';

/** A channel's limits as a client writes them. */
export interface RateLimitInput {
  readonly perMinute: number;
  readonly burst: number;
  readonly perContactPerMinute?: number | null | undefined;
  readonly perDay?: number | null | undefined;
  readonly minSpacingSeconds?: number | null | undefined;
}

/** Local hours as a client writes them; a time that its scalar could not read is no text. */
export interface WindowInput {
  readonly from: unknown;
  readonly to: unknown;
}

/** A channel as a client writes it. An absent field changes nothing. */
export interface ChannelInput {
  readonly name?: string | null | undefined;
  readonly simulator?: object | null | undefined;
  readonly webhook?: object | null | undefined;
  /** A checked zone name; null for the tenant's. */
  readonly timeZone?: unknown;
  /** null for the installation's. */
  readonly rateLimit?: RateLimitInput | null | undefined;
  /** null for any hour. */
  readonly sendingWindow?: WindowInput | null | undefined;
  /** null for all of them. */
  readonly sendingWeekdays?: readonly number[] | null | undefined;
}

/** A channel's hours as they are stored, without the zone. */
export type SendingColumns = Pick<ChannelChanges, 'sendingFromMinute' | 'sendingToMinute' | 'sendingWeekdays'>;

/** A channel's limits as they are stored. */
export interface RatePolicy {
  readonly perMinute: number;
  readonly burst: number;
  /** null: a tenth of perMinute, at least 1. */
  readonly perContactPerMinute: number | null;
  /** null: no cap. */
  readonly perDay: number | null;
  readonly minSpacingSeconds: number;
}

/** The settings of one gateway inside an input. */
export interface GivenSettings {
  readonly kind: GatewayKind;
  /** Path for violations, such as input.webhook. */
  readonly path: string;
  readonly settings: GatewaySettings;
}

const MAX_NAME = 200;

const INPUT_FIELD: Readonly<Record<GatewayKind, string>> = {
  SIMULATOR: 'simulator',
  WEBHOOK: 'webhook',
  WHATSAPP_CLOUD: 'whatsappCloud',
  EVOLUTION: 'evolution',
  CHATWOOT: 'chatwoot',
  TWILIO: 'twilio',
};

/** The gateways whose settings an input has. */
export function givenSettings(input: ChannelInput): readonly GivenSettings[] {
  const fields = input as Readonly<Record<string, unknown>>;
  return Object.values(GatewayKind).flatMap((kind) => {
    const settings = fields[INPUT_FIELD[kind]];
    if (typeof settings !== 'object' || settings === null) return [];
    return [{ kind, path: `input.${INPUT_FIELD[kind]}`, settings: settings as GatewaySettings }];
  });
}

/** The name as it is stored, and what is wrong with it. */
export function checkChannelName(given: string | null): {
  readonly name: string;
  readonly violations: readonly Violation[];
} {
  const name = (given ?? '').normalize('NFC').trim();
  const refuse = (rule: string, message: string) => ({ name, violations: [{ field: 'input.name', rule, message }] });
  if (given === null) return refuse('required', 'must not be null');
  if (name === '' || name.length > MAX_NAME) return refuse('length', `must have 1 to ${MAX_NAME} characters`);
  return isStorable(name) ? { name, violations: [] } : refuse('characters', 'has a character that cannot be stored');
}

/** The limits as they are stored, and what is wrong with them. */
export function checkRateLimit(input: RateLimitInput): {
  readonly rate: RatePolicy;
  readonly violations: readonly Violation[];
} {
  const rate: RatePolicy = {
    perMinute: input.perMinute,
    burst: input.burst,
    perContactPerMinute: input.perContactPerMinute ?? null,
    perDay: input.perDay ?? null,
    minSpacingSeconds: input.minSpacingSeconds ?? 0,
  };
  const policy = makeLanePolicy(rate, 'input.rateLimit');
  return { rate, violations: policy.ok ? [] : policy.error };
}

/** The given hours as they are stored, and what is wrong with them; what is not given is in neither. */
export function checkSendingHours({ sendingWindow, sendingWeekdays }: ChannelInput): {
  readonly columns: SendingColumns;
  readonly violations: readonly Violation[];
} {
  const window = sendingWindow === undefined ? { columns: {}, violations: [] } : checkWindow(sendingWindow);
  if (sendingWeekdays === undefined) return window;
  const weekdays = makeWeekdays(sendingWeekdays ?? ALL_WEEKDAYS, 'input.sendingWeekdays');
  return weekdays.ok
    ? { ...window, columns: { ...window.columns, sendingWeekdays: [...weekdays.value] } }
    : { ...window, violations: [...window.violations, ...weekdays.error] };
}

function checkWindow(given: WindowInput | null): {
  readonly columns: SendingColumns;
  readonly violations: readonly Violation[];
} {
  if (given === null) return { columns: { sendingFromMinute: null, sendingToMinute: null }, violations: [] };
  const { from, to } = given;
  // What could not be read has been told already.
  if (typeof from !== 'string' || typeof to !== 'string') return { columns: {}, violations: [] };
  const window = makeDailyWindow({ from, to }, 'input.sendingWindow');
  if (!window.ok) return { columns: {}, violations: window.error };
  const { fromMinute: sendingFromMinute, toMinute: sendingToMinute } = window.value;
  return { columns: { sendingFromMinute, sendingToMinute }, violations: [] };
}

/** What is wrong with the settings of exactly one gateway that a new channel needs. */
export function checkOneGateway(given: readonly GivenSettings[]): readonly Violation[] {
  if (given.length === 1) return [];
  return [{ field: 'input', rule: 'oneGateway', message: 'needs the settings of exactly one gateway' }];
}

/** What is wrong with the settings that a channel of `kind` is given: they must be that gateway's own. */
export function checkSameGateway(kind: GatewayKind, given: readonly GivenSettings[]): readonly Violation[] {
  return given
    .filter((settings) => settings.kind !== kind)
    .map(({ path }) => ({
      field: path,
      rule: 'otherGateway',
      message: `the channel's gateway is ${kind} and stays so`,
    }));
}
