import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
} from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, type Context, type SubscribePayload } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { Logger } from '../logging/logger.js';
import { ConnectionAuthenticator } from './connection-authenticator.js';
import { Loaders, type GraphQLContext } from './context.js';
import { ApiError, formatErrors } from './errors.js';
import { PARSE_OPTIONS, formatTooLong, refuseExpensive } from './query-limits.js';

const PATH = '/graphql';
/** Larger requests (imports) go over HTTP. */
const MAX_PAYLOAD_BYTES = 256 * 1024;
const MAX_OPERATIONS_PER_SOCKET = 50;

type Connection = Context<{ authorization?: unknown }, Extra>;

/**
 * GraphQL over WebSocket (graphql-transport-ws) at /graphql. Ours instead of Nest's built-in one, because that one has no
 * limit on a message's size nor on a socket's subscriptions, and its errors would leave unmasked.
 */
@Injectable()
export class SubscriptionServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
  });
  private dispose: (() => Promise<void> | void) | undefined;
  private readonly format: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

  constructor(
    private readonly http: HttpAdapterHost,
    private readonly schema: GraphQLSchemaHost,
    private readonly authenticator: ConnectionAuthenticator,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    logger: Logger,
  ) {
    this.format = formatTooLong(formatErrors(logger));
  }

  onApplicationBootstrap(): void {
    const server = this.http.httpAdapter.getHttpServer() as Server | undefined;
    if (!server) return;
    const disposable = useServer<{ authorization?: unknown }>(
      {
        schema: this.schema.schema,
        connectionInitWaitTimeout: 3_000,
        onConnect: (connection) => this.authenticator.mayConnect(authorizationOf(connection)),
        onSubscribe: (connection, _id, payload) => {
          if (Object.keys(connection.subscriptions).length <= MAX_OPERATIONS_PER_SOCKET) return this.prepare(payload);
          return [
            new ApiError('RATE_LIMITED', `At most ${MAX_OPERATIONS_PER_SOCKET} operations at once on one socket.`),
          ];
        },
        context: (connection): GraphQLContext & Record<PropertyKey, unknown> => ({
          authorization: authorizationOf(connection),
          loaders: new Loaders(),
        }),
        onError: (_connection, _id, _payload, errors) => errors.map((error) => this.masked(error)),
        onNext: (_connection, _id, _payload, _args, result) => this.maskedResult(result as ExecutionResult),
      },
      this.sockets,
    );
    this.dispose = () => disposable.dispose();
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.upgrade(request, socket, head),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.dispose?.();
  }

  /** What may be executed, or why not: the same rules and limits as over HTTP, where Apollo applies them. */
  private prepare(payload: SubscribePayload): ExecutionArgs | GraphQLError[] {
    const { schema } = this.schema;
    const { query, operationName, variables } = payload;
    const hidden = !this.config.introspection;
    try {
      const document = parse(query, PARSE_OPTIONS);
      const rules = hidden ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : specifiedRules;
      const mistakes = validate(schema, document, rules, { hideSuggestions: hidden });
      if (mistakes.length > 0) return [...mistakes];
      const operation = getOperationAST(document, operationName);
      const refusal = operation && refuseExpensive(schema, document, operation, variables ?? {});
      return refusal ? [refusal] : { schema, document, operationName, variableValues: variables };
    } catch (error) {
      // Of all this only the parser throws; graphql-ws would close the socket, with the client's other operations.
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    // The legacy protocol would allow operations before connection_init.
    if (pathname !== PATH || !protocols.includes(GRAPHQL_TRANSPORT_WS_PROTOCOL))
      return refuse(socket, '400 Bad Request');
    if (!this.originAllowed(request)) return refuse(socket, '403 Forbidden');
    this.sockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.sockets.emit('connection', webSocket, request),
    );
  }

  /** A browser names the page's origin: only our own pages and the configured ones may connect. */
  private originAllowed(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    if (origin === undefined) return true;
    if (this.config.corsOrigins.includes(origin) || this.config.corsOrigins.includes('*')) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }

  /** undefined leaves the result as it is. */
  private maskedResult({ errors, ...result }: ExecutionResult): FormattedExecutionResult | undefined {
    return errors && { ...result, errors: errors.map((error) => this.masked(error)) };
  }

  private masked(error: GraphQLFormattedError | GraphQLError): GraphQLFormattedError {
    if (!(error instanceof GraphQLError)) return this.format(error, error);
    const formatted = error.toJSON();
    // graphql-js gives its own refusals no code; Apollo would have added this one.
    const isOwn = error.originalError === undefined && formatted.extensions?.['code'] === undefined;
    const coded = isOwn ? { ...formatted, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } } : formatted;
    return this.format(coded, error);
  }
}

function authorizationOf(connection: Connection): string | undefined {
  const value = connection.connectionParams?.authorization;
  return typeof value === 'string' ? value : undefined;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
