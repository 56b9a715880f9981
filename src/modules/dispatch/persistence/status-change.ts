/** Ids by which people follow a delivery's events. */
export interface DeliveryIds {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
}

/** A delivery whose status a statement changed, where the caller knows its other ids: they are most of what would travel. */
export interface NewVersion {
  readonly deliveryId: string;
  readonly version: number;
}

/** A delivery whose status was changed. */
export interface StatusChangeRow extends DeliveryIds, NewVersion {}

/** What a statement returns as {@link NewVersion} from a deliveries row `d`. */
export const NEW_VERSION = `d.id AS "deliveryId", d.version`;

/** The changes with the ids that their deliveries are known by. */
export function identified(changes: readonly NewVersion[], known: ReadonlyMap<string, DeliveryIds>): StatusChangeRow[] {
  return changes.map(({ deliveryId, version }) => {
    const ids = known.get(deliveryId);
    if (!ids) throw new Error(`the delivery ${deliveryId} was changed and not asked for`);
    const { tenantId, scheduleId, runId, channelId, contactId } = ids;
    return { tenantId, deliveryId, scheduleId, runId, channelId, contactId, version };
  });
}

/** The columns of {@link StatusChangeRow} from a deliveries row `d`. */
export const STATUS_CHANGE_OF_DELIVERY = `d.tenant_id AS "tenantId", d.id AS "deliveryId", d.schedule_id AS "scheduleId",
  d.run_id AS "runId", d.channel_id AS "channelId", d.contact_id AS "contactId", d.version`;
