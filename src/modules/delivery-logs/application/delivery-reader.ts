import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { DeliveriesRepository } from '../persistence/deliveries.repository.js';
import type { DeliveryRow } from './delivery-rows.js';
import { SharedReader } from './shared-reader.js';

/** A delivery that somebody wants to see as it was at that version, or later. */
export interface WantedDelivery {
  readonly deliveryId: string;
  readonly version: number;
}

const KEEP_MS = 2_000;

/** The deliveries that events are about, read once for all subscribers of this process. */
@Injectable()
export class DeliveryReader {
  private readonly reader: SharedReader<DeliveryRow>;

  constructor(deliveries: DeliveriesRepository, clock: Clock) {
    this.reader = new SharedReader((scope, ids) => deliveries.findMany(scope, ids), KEEP_MS, clock);
  }

  /** The rows by id, each at its version or a later one; what does not exist is left out. */
  read(scope: TenantScope, wanted: readonly WantedDelivery[]): Promise<Map<string, DeliveryRow>> {
    const versions = new Map(wanted.map(({ deliveryId, version }) => [deliveryId, version]));
    return this.reader.read(scope, [...versions.keys()], (row, id) => row.version >= (versions.get(id) ?? 0));
  }
}
