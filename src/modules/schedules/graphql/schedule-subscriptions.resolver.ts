import { Args, Context, ID, Resolver, Subscription } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { LiveStream } from '../../../platform/events/live-stream.js';
import { Scope, type GraphQLContext } from '../../../platform/graphql/context.js';
import { ApiError } from '../../../platform/graphql/errors.js';
import { AuthenticationService, isPermitted } from '../../tenants/index.js';
import type { ScheduleRow } from '../application/schedule-rows.js';
import { ScheduleUpdates } from '../application/schedule-updates.js';
import { toScheduleType } from './schedule.mapper.js';
import { ScheduleObjectType } from './schedule.types.js';

@Resolver()
export class ScheduleSubscriptionsResolver {
  constructor(
    private readonly updates: ScheduleUpdates,
    private readonly authentication: AuthenticationService,
  ) {}

  @Subscription(() => ScheduleObjectType, { resolve: toScheduleType, description: 'Every change of a schedule.' })
  scheduleUpdated(
    @Scope() scope: TenantScope,
    @Context() context: GraphQLContext,
    @Args('id', { type: () => ID, nullable: true }) id?: string | null,
  ): LiveStream<ScheduleRow> {
    return this.updates.open(scope, id ?? null, {
      isAllowed: async () => {
        const owner = await this.authentication.authenticate(context.authorization);
        return owner?.tenantId === scope.tenantId && isPermitted(owner.role, 'Subscription.scheduleUpdated');
      },
      refusal: () => new ApiError('UNAUTHENTICATED', 'The API key is not valid any more.'),
    });
  }
}
