/**
 * Whose data may be touched, and in whose name. Every repository method takes one as its first argument and puts its
 * tenant into every WHERE, so that no query can leave the tenant.
 */
export interface TenantScope {
  readonly tenantId: string;
  /** Who acts: the API key's name, or "system"; stored in created_by and in the audit log. */
  readonly actor: string;
}
