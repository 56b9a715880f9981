import { Injectable } from '@nestjs/common';
import type { GatewaySettings } from '../../../core/gateway/gateway-factory.js';
import type { GatewayKind } from '../../../core/gateway/message-gateway.js';
import type { Violation } from '../../../core/values/violation.js';
import { GatewayRegistry } from '../../../platform/gateways/gateway-registry.js';
import { SecretBox } from '../../../platform/secrets/secret-box.js';
import type { SealedChannel } from '../persistence/channels.repository.js';
import type { GivenSettings } from './check-channel.js';
import { joinSettings, keepSecrets, splitSettings, strayMasks } from './gateway-secrets.js';

/** Complete settings with their secrets in plain text, empty when something is wrong with them. */
export interface CheckedSettings {
  readonly kind: GatewayKind;
  readonly settings: GatewaySettings;
  readonly violations: readonly Violation[];
}

/** The two columns that settings are stored in. */
export interface StoredSettings {
  readonly settings: GatewaySettings;
  /** Sealed and bound to the channel's row; null when nothing is secret. */
  readonly secrets: Buffer | null;
}

/** Reads and writes the settings of channels: the adapter knows what they may be, the secret box what nobody may read. */
@Injectable()
export class ChannelSettings {
  constructor(
    private readonly gateways: GatewayRegistry,
    private readonly box: SecretBox,
  ) {}

  /** The settings of a new channel. */
  check({ kind, settings, path }: GivenSettings): CheckedSettings {
    const rules = this.gateways.of(kind).settings;
    const strays = strayMasks(settings, rules.secretFields).map((name) => `${path}.${name}`);
    const complete = rules.complete(settings, path);
    const violations = [
      ...strays.map((field) => ({ field, rule: 'mask', message: 'is the mask of a secret that is not set' })),
      ...(complete.ok ? [] : complete.error.filter(({ field }) => !strays.includes(field))),
    ];
    return { kind, settings: complete.ok ? complete.value : {}, violations };
  }

  /** Settings that replace a channel's own; secrets that are left out stay. */
  checkReplacement(channel: SealedChannel, given: GivenSettings): CheckedSettings {
    const { secretFields } = this.gateways.of(given.kind).settings;
    return this.check({
      ...given,
      settings: keepSecrets(given.settings, secretFields, () => this.openSecrets(channel)),
    });
  }

  /** What to store for a channel's row. */
  toStored(tenantId: string, channelId: string, { kind, settings }: CheckedSettings): StoredSettings {
    const { shown, secrets } = splitSettings(settings, this.gateways.of(kind).settings.secretFields);
    const isEmpty = Object.keys(secrets).length === 0;
    return {
      settings: shown,
      secrets: isEmpty ? null : this.box.seal(JSON.stringify(secrets), boundTo(tenantId, channelId)),
    };
  }

  /** Complete settings for sending. Throws when another key sealed the secrets or the row was tampered with. */
  open(channel: SealedChannel): GatewaySettings {
    return joinSettings(channel.settings, this.openSecrets(channel));
  }

  private openSecrets({ tenantId, id, secrets }: SealedChannel): GatewaySettings {
    return secrets === null ? {} : (JSON.parse(this.box.open(secrets, boundTo(tenantId, id))) as GatewaySettings);
  }
}

function boundTo(tenantId: string, channelId: string): string {
  return `channels/${tenantId}/${channelId}`;
}
