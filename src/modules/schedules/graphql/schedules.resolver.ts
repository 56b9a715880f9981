import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { PageArgs, toConnection } from '../../../platform/graphql/pagination.js';
import { DateTime } from '../../../platform/graphql/scalars.js';
import { NextRunsService } from '../application/next-runs.service.js';
import { SchedulesService } from '../application/schedules.service.js';
import { NextRunType, toNextRunType } from './next-run.types.js';
import { NextRunsArgs } from './next-runs.args.js';
import { ScheduleFilterInput } from './schedule-filter.input.js';
import { toScheduleType } from './schedule.mapper.js';
import { ScheduleConnectionType, ScheduleObjectType } from './schedule.types.js';

@Resolver()
export class SchedulesResolver {
  constructor(
    private readonly schedulesService: SchedulesService,
    private readonly nextRunsService: NextRunsService,
  ) {}

  @Query(() => ScheduleObjectType, { nullable: true })
  async schedule(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<ScheduleObjectType | null> {
    const row = await this.schedulesService.find(scope, id);
    return row && toScheduleType(row);
  }

  @Query(() => ScheduleConnectionType, { description: 'The newest first.' })
  async schedules(
    @Scope() scope: TenantScope,
    @Args() page: PageArgs,
    @Args('filter', { type: () => ScheduleFilterInput, nullable: true }) filter?: ScheduleFilterInput,
  ): Promise<ScheduleConnectionType> {
    return toConnection(orRefuse(await this.schedulesService.list(scope, filter ?? {}, page)), toScheduleType);
  }

  @Query(() => [DateTime], { description: 'When a schedule with this expression would run.' })
  nextRuns(@Args() args: NextRunsArgs): Date[] {
    return orRefuse(this.nextRunsService.compute(args));
  }

  @Query(() => [NextRunType], { description: 'The same runs, with what changes of the clock made of them.' })
  nextRunDetails(@Args() args: NextRunsArgs): NextRunType[] {
    return orRefuse(this.nextRunsService.details(args)).map(toNextRunType);
  }
}
