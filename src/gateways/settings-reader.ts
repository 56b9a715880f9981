import type { GatewaySettings } from '../core/gateway/gateway-factory.js';
import { err, ok, type Result } from '../core/values/result.js';
import { isStorable } from '../core/values/storable.js';
import type { Violation } from '../core/values/violation.js';

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Reads an adapter's settings one by one and collects everything that is wrong. Null counts as absent. */
export class SettingsReader {
  private readonly violations: Violation[] = [];

  constructor(
    private readonly given: GatewaySettings,
    private readonly path: string,
  ) {}

  /** The value as it stands; undefined when absent or null. */
  raw(name: string): unknown {
    return this.given[name] ?? undefined;
  }

  refuse(name: string, rule: string, message: string): void {
    this.violations.push({ field: this.path === '' ? name : `${this.path}.${name}`, rule, message });
  }

  integer(name: string, bounds: Bounds, absent: number): number {
    const value = this.raw(name) ?? absent;
    if (Number.isInteger(value) && isWithin(value as number, bounds)) return value as number;
    this.refuse(name, 'range', `must be a whole number from ${bounds.min} to ${bounds.max}`);
    return absent;
  }

  number(name: string, bounds: Bounds, absent: number): number {
    const value = this.raw(name) ?? absent;
    if (typeof value === 'number' && isWithin(value, bounds)) return value;
    this.refuse(name, 'range', `must be a number from ${bounds.min} to ${bounds.max}`);
    return absent;
  }

  flag(name: string, absent: boolean): boolean {
    const value = this.raw(name) ?? absent;
    if (typeof value === 'boolean') return value;
    this.refuse(name, 'type', 'must be true or false');
    return absent;
  }

  text(name: string, maxLength: number): string | null {
    const value = this.raw(name);
    if (value === undefined) return null;
    if (typeof value === 'string' && value.length <= maxLength && value.trim() !== '' && isStorable(value))
      return value;
    this.refuse(name, 'length', `must be a text of 1 to ${maxLength} characters`);
    return null;
  }

  /** An http or https address without a fragment; credentials do not belong into it, because it is shown. */
  url(name: string): string {
    const value = this.raw(name);
    const url = typeof value === 'string' && value.length <= 2048 && URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      this.refuse(name, 'url', 'must be an http or https address such as https://example.com/messages');
    } else if (url.username !== '' || url.password !== '') {
      this.refuse(name, 'url.credentials', 'must not contain a user or password; use a header');
    } else if (url.hash !== '') {
      this.refuse(name, 'url.fragment', 'must not contain a #fragment');
    } else {
      return url.href;
    }
    return '';
  }

  /** The settings, if nothing was refused. */
  done<T>(settings: T): Result<T, readonly Violation[]> {
    return this.violations.length === 0 ? ok(settings) : err(this.violations);
  }
}

function isWithin(value: number, bounds: Bounds): boolean {
  return value >= bounds.min && value <= bounds.max;
}
