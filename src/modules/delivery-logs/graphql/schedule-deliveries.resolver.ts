import { Args, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Loaders, RequestLoaders, Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { PageArgs, toConnection } from '../../../platform/graphql/pagination.js';
import { ScheduleType, ScheduleRunType } from '../../schedules/index.js';
import { DeliveriesService } from '../application/deliveries.service.js';
import { DeliveryStatisticsService } from '../application/delivery-statistics.service.js';
import { DeliveryFilterInput } from './delivery.inputs.js';
import { toDeliveryType } from './delivery.mapper.js';
import { DeliveryConnectionType } from './delivery.types.js';
import { DeliveryStatisticsType } from './statistics.types.js';

/** What schedules show of their deliveries. */
@Resolver(() => ScheduleType)
export class ScheduleDeliveriesResolver {
  constructor(
    private readonly deliveriesService: DeliveriesService,
    private readonly statisticsService: DeliveryStatisticsService,
  ) {}

  @ResolveField(() => DeliveryConnectionType, { description: 'The newest first.' })
  async deliveries(
    @Parent() schedule: ScheduleType,
    @Scope() scope: TenantScope,
    @Args() page: PageArgs,
    @Args('filter', { type: () => DeliveryFilterInput, nullable: true }) filter?: DeliveryFilterInput,
  ): Promise<DeliveryConnectionType> {
    const result = await this.deliveriesService.listOfSchedule(scope, schedule.id, filter ?? {}, page);
    return toConnection(orRefuse(result), toDeliveryType);
  }

  @ResolveField(() => DeliveryStatisticsType)
  async statistics(
    @Parent() schedule: ScheduleType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<DeliveryStatisticsType> {
    const loader = loaders.get('schedule-statistics', (ids) => this.statisticsService.ofSchedules(scope, ids));
    return present(await loader.load(schedule.id));
  }
}

@Resolver(() => ScheduleRunType)
export class RunStatisticsResolver {
  constructor(private readonly statisticsService: DeliveryStatisticsService) {}

  @ResolveField(() => DeliveryStatisticsType)
  async statistics(
    @Parent() run: ScheduleRunType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<DeliveryStatisticsType> {
    const loader = loaders.get('run-statistics', (ids) => this.statisticsService.ofRuns(scope, ids));
    return present(await loader.load(run.id));
  }
}

function present(statistics: DeliveryStatisticsType | undefined): DeliveryStatisticsType {
  if (!statistics) throw new Error('statistics are complete for every id');
  return statistics;
}
