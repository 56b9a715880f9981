/** The columns of a ContactRow in raw SQL; the table's alias is c. */
export const CONTACT_COLUMNS = `c.tenant_id AS "tenantId", c.id, c.name, c.phone, c.phone_key AS "phoneKey", c.email, c.city,
  c.time_zone AS "timeZone", c.attributes, c.implicit, c.opted_out_at AS "optedOutAt", c.deleted_at AS "deletedAt",
  c.created_at AS "createdAt", c.updated_at AS "updatedAt"`;
