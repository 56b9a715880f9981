import { Controller, Get, Header, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { HealthChecks, type CheckResult } from './health-checks.js';

/** What a load balancer or an operator reads. */
interface Readiness {
  readonly status: 'ready' | 'not ready';
  /** `name: reason` of each check that is not ok. */
  readonly reasons: readonly string[];
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** Open to everyone: it tells nothing about tenants. */
@Controller('health')
export class HealthController {
  constructor(private readonly checks: HealthChecks) {}

  /** The process runs and its event loop turns. */
  @Get('live')
  @Header('cache-control', 'no-store')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** 200 when requests may be sent here, 503 and the reasons when not. */
  @Get('ready')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const results = await this.checks.run();
    const reasons = [...results].flatMap(([name, result]) => (result.ok ? [] : [`${name}: ${result.reason}`]));
    void reply.status(reasons.length === 0 ? 200 : 503);
    return { status: reasons.length === 0 ? 'ready' : 'not ready', reasons, checks: Object.fromEntries(results) };
  }
}
