import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { assertNever } from '../../../core/values/result.js';
import { errorFacts, Logger } from '../../../platform/logging/logger.js';
import { StatusWebhooksService, type ProviderRequestOutcome } from '../application/status-webhooks.service.js';

/** A thousand events take about 300 kB. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * POST /webhooks/:channelId. Answered with 200 only when the events are committed, because a provider that got one does
 * not come again.
 *
 * A route of Fastify's own and in a scope of its own: signatures cover the bytes as they came, so nothing may parse them,
 * and the limit of the body is not that of the API.
 */
@Injectable()
export class StatusWebhooksRoute implements OnModuleInit {
  constructor(
    private readonly http: HttpAdapterHost,
    private readonly webhooks: StatusWebhooksService,
    private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    // There is no adapter in a process without HTTP.
    const server = (
      this.http.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined
    )?.getInstance<FastifyInstance>();
    await server?.register((scope, _options, done) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, parsed) =>
        parsed(null, body),
      );
      scope.setErrorHandler((error: FastifyError, request, reply) => this.fail(error, request, reply));
      scope.post<{ Params: { channelId: string } }>(
        '/webhooks/:channelId',
        { bodyLimit: MAX_BODY_BYTES },
        (request, reply) => this.handle(request, reply),
      );
      done();
    });
  }

  private async handle(
    request: FastifyRequest<{ Params: { channelId: string } }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const outcome = await this.webhooks.receive({
      channelId: request.params.channelId,
      headers: request.headers,
      rawBody: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    });
    const [status, body] = answerTo(outcome);
    return reply.code(status).send(body);
  }

  private fail(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    const correlationId = randomUUID();
    this.logger.error('webhook.fault', { correlationId, url: request.url, ...errorFacts(error) });
    return reply.code(500).send({ error: 'Something went wrong on our side.', correlationId });
  }
}

function answerTo(outcome: ProviderRequestOutcome): [status: number, body: Readonly<Record<string, unknown>>] {
  switch (outcome.kind) {
    case 'stored':
      return [200, { stored: outcome.events }];
    case 'noWebhook':
      return [404, { error: 'There is no webhook here.' }];
    case 'refused':
      return [outcome.httpStatus, { error: outcome.reason }];
    case 'unavailable':
      return [503, { error: 'Come again later.' }];
    default:
      return assertNever(outcome);
  }
}
