import type { GatewaySettings } from '../../../core/gateway/gateway-factory.js';

/** What is shown where a secret is set. A client that sends it back means the secret that is there. */
export const MASK = '********';

/** Settings in two parts: what may be shown, and what is stored sealed only. */
export interface SplitSettings {
  /** Complete, with {@link MASK} for each secret that is set and null for each that is not. */
  readonly shown: GatewaySettings;
  /** The secrets that are set. */
  readonly secrets: GatewaySettings;
}

/** Takes the secrets out of complete settings. Of an object, the keys are shown and the values are secret. */
export function splitSettings(settings: GatewaySettings, secretFields: readonly string[]): SplitSettings {
  const isSecret = (name: string) => secretFields.includes(name);
  const entries = Object.entries(settings);
  return {
    shown: Object.fromEntries(entries.map(([name, value]) => [name, isSecret(name) ? masked(value) : value])),
    secrets: Object.fromEntries(entries.filter(([name, value]) => isSecret(name) && isSet(value))),
  };
}

/** The settings as the gateway needs them. */
export function joinSettings(shown: GatewaySettings, secrets: GatewaySettings): GatewaySettings {
  return { ...shown, ...secrets };
}

/**
 * New settings for a channel that has some: they replace all of the old ones, except that a secret that is left out or
 * given as its mask stays as it is; null removes it. `previous` is asked for only if a secret stays.
 */
export function keepSecrets(
  given: GatewaySettings,
  secretFields: readonly string[],
  previous: () => GatewaySettings,
): GatewaySettings {
  const kept = secretFields.flatMap((name): [string, unknown][] => {
    const value = given[name];
    if (value === undefined || value === MASK) return [[name, previous()[name] ?? value ?? null]];
    if (!isObject(value) || !Object.values(value).includes(MASK)) return [];
    const before = previous()[name];
    return [[name, withKeptValues(value, isObject(before) ? before : {})]];
  });
  return { ...given, ...Object.fromEntries(kept) };
}

/** Where a mask stands that hides nothing, as paths under the settings: nobody means it as a value. */
export function strayMasks(settings: GatewaySettings, secretFields: readonly string[]): readonly string[] {
  return secretFields.flatMap((name) => {
    const value = settings[name];
    if (value === MASK) return [name];
    if (!isObject(value)) return [];
    return Object.keys(value).flatMap((key) => (value[key] === MASK ? [`${name}.${key}`] : []));
  });
}

function withKeptValues(value: GatewaySettings, before: GatewaySettings): GatewaySettings {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, inner === MASK && key in before ? before[key] : inner]),
  );
}

function masked(value: unknown): unknown {
  if (!isSet(value)) return null;
  return isObject(value) ? Object.fromEntries(Object.keys(value).map((key) => [key, MASK])) : MASK;
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function isObject(value: unknown): value is GatewaySettings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
