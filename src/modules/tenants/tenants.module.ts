import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ConnectionAuthenticator } from '../../platform/graphql/connection-authenticator.js';
import { ApiKeysService } from './application/api-keys.service.js';
import { AuthenticationService } from './application/authentication.service.js';
import { KeyConnectionAuthenticator } from './application/key-connection-authenticator.js';
import { TenantsService } from './application/tenants.service.js';
import { AuthenticationGuard } from './graphql/authentication.guard.js';
import { TenantsResolver } from './graphql/tenants.resolver.js';
import { ApiKeysRepository } from './persistence/api-keys.repository.js';
import { TenantsRepository } from './persistence/tenants.repository.js';

@Module({
  providers: [
    TenantsRepository,
    ApiKeysRepository,
    AuthenticationService,
    ApiKeysService,
    TenantsService,
    TenantsResolver,
    AuthenticationGuard,
    { provide: ConnectionAuthenticator, useClass: KeyConnectionAuthenticator },
    { provide: APP_GUARD, useExisting: AuthenticationGuard },
  ],
  exports: [TenantsService, AuthenticationService, ConnectionAuthenticator],
})
export class TenantsModule {}
