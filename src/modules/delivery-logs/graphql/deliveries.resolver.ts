import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { PageArgs, toConnection } from '../../../platform/graphql/pagination.js';
import { DateTime } from '../../../platform/graphql/scalars.js';
import { DeliveriesService } from '../application/deliveries.service.js';
import { DeliveryChangesService } from '../application/delivery-changes.service.js';
import { DeliveryReopeningService } from '../application/delivery-reopening.service.js';
import { UncertainResolution } from '../application/uncertain-resolution.js';
import { DeliveryFilterInput } from './delivery.inputs.js';
import { toDeliveryType } from './delivery.mapper.js';
import { DeliveryConnectionType, DeliveryType } from './delivery.types.js';

@Resolver()
export class DeliveriesResolver {
  constructor(
    private readonly deliveriesService: DeliveriesService,
    private readonly changes: DeliveryChangesService,
    private readonly reopening: DeliveryReopeningService,
  ) {}

  @Query(() => DeliveryType, { nullable: true })
  async delivery(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<DeliveryType | null> {
    const row = await this.deliveriesService.find(scope, id);
    return row && toDeliveryType(row);
  }

  @Query(() => DeliveryConnectionType, { description: 'The newest first.' })
  async deliveries(
    @Scope() scope: TenantScope,
    @Args() page: PageArgs,
    @Args('filter', { type: () => DeliveryFilterInput, nullable: true }) filter?: DeliveryFilterInput,
  ): Promise<DeliveryConnectionType> {
    return toConnection(orRefuse(await this.deliveriesService.list(scope, filter ?? {}, page)), toDeliveryType);
  }

  @Mutation(() => DeliveryType, { description: 'Refused once it is at the gateway. Idempotent.' })
  async cancelDelivery(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
    @Args('expectedVersion', { type: () => Int, nullable: true }) expectedVersion?: number | null,
  ): Promise<DeliveryType> {
    return toDeliveryType(orRefuse(await this.changes.cancel(scope, id, expectedVersion ?? null)));
  }

  @Mutation(() => DeliveryType, {
    description: 'Queues a FAILED, EXPIRED, CANCELLED or SUPPRESSED delivery again, with fresh attempts.',
  })
  async retryDelivery(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
    @Args('expectedVersion', { type: () => Int, nullable: true }) expectedVersion?: number | null,
  ): Promise<DeliveryType> {
    return toDeliveryType(orRefuse(await this.reopening.retry(scope, id, expectedVersion ?? null)));
  }

  @Mutation(() => DeliveryType, {
    description:
      'Gives a delivery that waits another due time; of a paused schedule it goes on waiting for the schedule.',
  })
  async rescheduleDelivery(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
    @Args('at', { type: () => DateTime, description: 'Ahead of now, at most 366 days.' }) at: Date,
    @Args('expectedVersion', { type: () => Int, nullable: true }) expectedVersion?: number | null,
  ): Promise<DeliveryType> {
    return toDeliveryType(orRefuse(await this.changes.reschedule(scope, id, at, expectedVersion ?? null)));
  }

  @Mutation(() => DeliveryType)
  async resolveUncertainDelivery(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
    @Args('resolution', { type: () => UncertainResolution }) resolution: UncertainResolution,
  ): Promise<DeliveryType> {
    return toDeliveryType(orRefuse(await this.reopening.resolveUncertain(scope, id, resolution)));
  }
}
