import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { IDE_PAGE, idePolicy } from './ide-page.js';

const OFF = 'The GraphQL page is off here, because INTROSPECTION is. Send queries with POST to /graphql.\n';

/**
 * Answers a browser that opens /graphql with the IDE. Apollo owns the route, so this stands before it and lets
 * everything pass that does not ask for a page.
 */
@Injectable()
export class IdeMiddleware implements NestMiddleware<IncomingMessage, ServerResponse> {
  constructor(@Inject(APP_CONFIG) private readonly config: AppConfig) {}

  use(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    if (!(request.headers.accept ?? '').includes('text/html')) return next();
    const page = this.config.introspection;
    response.writeHead(page ? 200 : 404, {
      'content-type': page ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
      // Its name never changes, and it names the version of its files.
      'cache-control': 'no-cache',
      'content-security-policy': idePolicy(request.headers.host),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      vary: 'accept',
    });
    response.end(request.method === 'HEAD' ? undefined : page ? IDE_PAGE : OFF);
  }
}
