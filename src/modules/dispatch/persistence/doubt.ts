/**
 * Whether some attempt of a delivery may have brought it, as an expression over the columns that name it. A delivery of
 * which that is so ends UNCERTAIN where it would be FAILED or EXPIRED.
 */
export function hasDoubt(tenantId: string, deliveryId: string): string {
  return `EXISTS (SELECT FROM delivery_attempts a
                   WHERE a.tenant_id = ${tenantId} AND a.delivery_id = ${deliveryId} AND a.outcome IN ('uncertain', 'lease_expired'))`;
}
