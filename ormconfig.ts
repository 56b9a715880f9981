import 'reflect-metadata';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ENTITIES } from './src/entities.js';
import { coalescingSocket } from './src/platform/database/coalescing-socket.js';
import {
  ANSWER_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  IDLE_IN_TRANSACTION_MS,
  STATEMENT_TIMEOUT_MS,
} from './src/platform/database/connection-limits.js';
import { MIGRATIONS } from './src/platform/database/migrations/index.js';

/** TypeORM's settings, for the program and for its command line alike. */
export function ormOptions(url: string | undefined, poolSize: number): DataSourceOptions {
  return {
    type: 'postgres',
    ...(url === undefined ? {} : { url }),
    entities: [...ENTITIES],
    migrations: [...MIGRATIONS],
    migrationsTransactionMode: 'each',
    synchronize: false,
    parseInt8: true,
    applicationName: 'pontual-api',
    extra: {
      max: poolSize,
      keepAlive: true,
      // As the dispatcher's: statements that do not wait for each other share a round trip.
      pipeline: true,
      stream: coalescingSocket,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    },
  };
}

// For `npm run typeorm -- migration:show` and the like; the program itself calls ormOptions.
export default new DataSource(ormOptions(process.env.DATABASE_URL, 4));
