import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { errorFacts, Logger } from '../logging/logger.js';
import { Database } from './database.js';
import { WorkerDatabase } from './worker-database.js';

/** Where the database is, for parts that open connections of their own (LISTEN). */
export const DATABASE_URL = Symbol('DatabaseUrl');

/** The API's and the dispatcher's connections. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(WorkerDatabase) private readonly worker: WorkerDatabase) {}

  static register(url: string, options: DataSourceOptions, workerPoolSize: number): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [TypeOrmModule.forRoot({ ...options, retryAttempts: 3 })],
      providers: [
        Database,
        { provide: DATABASE_URL, useValue: url },
        {
          provide: WorkerDatabase,
          inject: [Logger],
          useFactory: (logger: Logger) =>
            new WorkerDatabase(url, workerPoolSize, (error) =>
              logger.warn('database.idle-connection-lost', errorFacts(error)),
            ),
        },
      ],
      exports: [Database, WorkerDatabase, DATABASE_URL],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.worker.close();
  }
}
