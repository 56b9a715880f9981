/** The table of who may do what, which an end-to-end test holds against the server's schema. */
export { PERMISSIONS, ROLES, type Role } from '../../src/modules/tenants/index.js';
