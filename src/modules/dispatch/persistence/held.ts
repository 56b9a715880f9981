/**
 * The rows of `input` whose delivery is still what the caller believes, locked, with columns of their queue rows: the part
 * of a WITH named `held`. `guards` are conditions on the queue row q and the input row i.
 *
 * Row by row, in a LATERAL that the lock keeps apart, and what is then changed is named by `= ANY (ARRAY (...))`: a join
 * leaves the planner a choice, and while statistics say that the queue is nearly empty, it has been seen to compare each row
 * of a batch with each row of the queue.
 */
export function heldRows(columns: string, guards: string): string {
  return `
held AS MATERIALIZED (
  SELECT i.*, k.* FROM input i
   CROSS JOIN LATERAL (
     SELECT ${columns} FROM delivery_queue q
      WHERE q.tenant_id = i.tenant_id AND q.delivery_id = i.delivery_id ${guards}
        FOR UPDATE) k)`;
}

/** Which of the queue's rows are held, as a condition on q. */
export const IS_HELD = 'q.delivery_id = ANY (ARRAY (SELECT delivery_id FROM held))';
