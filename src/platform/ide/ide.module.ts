import { Module, RequestMethod, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { IdeController } from './ide.controller.js';
import { IdeMiddleware } from './ide.middleware.js';

/** GraphiQL for a browser at /graphql, all of it from this server. */
@Module({ controllers: [IdeController] })
export class IdeModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(IdeMiddleware).forRoutes({ path: '/graphql', method: RequestMethod.GET });
  }
}
