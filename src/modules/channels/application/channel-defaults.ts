import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { TenantsService } from '../../tenants/index.js';
import type { RateLimitInput } from './check-channel.js';

/** What a channel has when its maker says nothing else. */
@Injectable()
export class ChannelDefaults {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly tenants: TenantsService,
  ) {}

  /** The installation's. */
  rateLimit(): RateLimitInput {
    return { perMinute: this.config.defaultPerMinute, burst: this.config.defaultBurst };
  }

  /** The tenant's. */
  async timeZone(scope: TenantScope): Promise<string> {
    return (await this.tenants.profile(scope)).timeZone;
  }
}
