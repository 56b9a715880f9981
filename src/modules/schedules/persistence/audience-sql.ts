/**
 * Who of an audience can be written to, as parts of a WITH. They stand on `audience (contact_id, n)`, where n is the
 * contact's place, and `instants (zone, at)`, and $1 is the tenant. What is planned, what is shown before and what is
 * sent all go through here.
 */
export const LOOKED_UP = `
looked_up AS MATERIALIZED (
  SELECT a.contact_id, a.n, c.phone, coalesce(c.phone_key, c.phone) AS number, i.at AS local_at,
         CASE WHEN c.id IS NULL OR c.deleted_at IS NOT NULL THEN 'CONTACT_DELETED'
              WHEN c.opted_out_at IS NOT NULL
                   OR EXISTS (SELECT FROM opt_outs o WHERE o.tenant_id = $1 AND o.phone_key = c.phone_key) THEN 'OPTED_OUT'
              WHEN c.phone IS NULL THEN 'NO_ADDRESS' END AS obstacle
    FROM audience a
    LEFT JOIN contacts c ON c.tenant_id = $1 AND c.id = a.contact_id
    LEFT JOIN instants i ON i.zone = c.time_zone)`;

/**
 * The obstacle of each contact, null when there is none. Two contacts with one number get one message: the first in the
 * order of the audience. `further` are more WHEN ... THEN ..., over l, asked last.
 */
export function addressed(further: string): string {
  return `
addressed AS MATERIALIZED (
  SELECT l.contact_id, l.n, l.phone, l.local_at,
         CASE WHEN l.obstacle IS NOT NULL THEN l.obstacle
              WHEN row_number() OVER (PARTITION BY l.obstacle, l.number ORDER BY l.n) > 1 THEN 'DUPLICATE'
              ${further}
          END AS obstacle
    FROM looked_up l)`;
}
