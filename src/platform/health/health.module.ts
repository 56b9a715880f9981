import { Global, Module } from '@nestjs/common';
import { DatabaseCheck } from './database-check.js';
import { HealthChecks } from './health-checks.js';
import { HealthController } from './health.controller.js';

/** /health/live and /health/ready; other parts register their checks with HealthChecks. */
@Global()
@Module({ controllers: [HealthController], providers: [HealthChecks, DatabaseCheck], exports: [HealthChecks] })
export class HealthModule {}
