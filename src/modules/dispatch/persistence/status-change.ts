/** What a statement returns about a delivery whose status it changed: the ids of its event, and its new version. */
export interface StatusChangeRow {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly version: number;
}

/** The columns of {@link StatusChangeRow} from a deliveries row `d`. */
export const STATUS_CHANGE_OF_DELIVERY = `d.tenant_id AS "tenantId", d.id AS "deliveryId", d.schedule_id AS "scheduleId",
  d.run_id AS "runId", d.channel_id AS "channelId", d.contact_id AS "contactId", d.version`;

/** The same from a delivery_queue row `q` and its deliveries row `d`. */
export const STATUS_CHANGE_OF_QUEUE = `q.tenant_id AS "tenantId", q.delivery_id AS "deliveryId", q.schedule_id AS "scheduleId",
  q.run_id AS "runId", q.channel_id AS "channelId", q.contact_id AS "contactId", d.version + q.version AS version`;
