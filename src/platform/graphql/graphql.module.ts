import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import type { FastifyRequest } from 'fastify';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { Logger } from '../logging/logger.js';
import { ApiErrorFilter } from './api-error.filter.js';
import { Loaders, type GraphQLContext } from './context.js';
import { formatErrors } from './errors.js';
import { InputValidationPipe } from './input-validation.pipe.js';
import { queryLimitsPlugin } from './query-limits-plugin.js';
import { formatTooLong, PARSE_OPTIONS } from './query-limits.js';
import { SubscriptionServer } from './subscription-server.js';

/** GraphQL over HTTP by Apollo, over WebSocket by our own {@link SubscriptionServer}, at /graphql. */
@Module({})
export class ApiModule {
  /** `authentication` exports a ConnectionAuthenticator. */
  static register(authentication: Type): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        authentication,
        GraphQLModule.forRootAsync<ApolloDriverConfig>({
          driver: ApolloDriver,
          inject: [APP_CONFIG, Logger],
          useFactory: (config: AppConfig, logger: Logger): ApolloDriverConfig => ({
            autoSchemaFile: true,
            sortSchema: true,
            path: '/graphql',
            graphiql: false,
            introspection: config.introspection,
            csrfPrevention: true,
            // Its hooks run for every field of every answer, and nothing here is cached by HTTP.
            plugins: [cacheControlDisabled(), queryLimits()],
            parseOptions: PARSE_OPTIONS,
            allowBatchedHttpRequests: false,
            includeStacktraceInErrorResponses: false,
            // graphql-js may add "Did you mean …" with names that introspection would hide.
            hideSchemaDetailsFromClientErrors: !config.introspection,
            formatError: formatTooLong(formatErrors(logger)),
            context: (request: FastifyRequest): GraphQLContext => ({
              authorization: request.headers.authorization,
              loaders: new Loaders(),
            }),
          }),
        }),
      ],
      providers: [
        SubscriptionServer,
        { provide: APP_PIPE, useClass: InputValidationPipe },
        { provide: APP_FILTER, useClass: ApiErrorFilter },
      ],
    };
  }
}

type Plugin = NonNullable<ApolloDriverConfig['plugins']>[number];

/** Apollo declares its plugins twice, for ES modules and for CommonJS, and the two do not match by name. */
function cacheControlDisabled(): Plugin {
  return ApolloServerPluginCacheControlDisabled() as never;
}

function queryLimits(): Plugin {
  return queryLimitsPlugin() as never;
}
