export { TenantsModule } from './tenants.module.js';
export { TenantsService, type TenantProfile } from './application/tenants.service.js';
export { AuthenticationService } from './application/authentication.service.js';
export { bootstrapTenant, createTenant, type Bootstrapped } from './application/bootstrap.js';
export { isPermitted, PERMISSIONS, ROLES, type Role } from './roles.js';
