import { ApiKeyEntity } from './modules/tenants/persistence/api-key.entity.js';
import { TenantEntity } from './modules/tenants/persistence/tenant.entity.js';

/** Every TypeORM entity, for ormconfig.ts alone. */
export const ENTITIES = [TenantEntity, ApiKeyEntity] as const;
