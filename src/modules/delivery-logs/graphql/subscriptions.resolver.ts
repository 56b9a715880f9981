import { Args, Context, Resolver, Subscription } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope, type GraphQLContext } from '../../../platform/graphql/context.js';
import { ApiError } from '../../../platform/graphql/errors.js';
import { AuthenticationService, isPermitted } from '../../tenants/index.js';
import { DeliveryUpdates, type DeliveryUpdate } from '../application/delivery-updates.js';
import type { StreamGuard } from '../../../platform/events/live-stream.js';
import type { MessageSentData } from '../application/message-sent.js';
import { MessageSentStreams } from '../application/message-sent-streams.js';
import { DeliveryFilterInput } from './delivery.inputs.js';
import { toDeliveryEventType, toMessageSentEventType } from './delivery.mapper.js';
import { DeliveryEventType, MessageSentEventType } from './delivery.types.js';

@Resolver()
export class DeliverySubscriptionsResolver {
  constructor(
    private readonly updates: DeliveryUpdates,
    private readonly messages: MessageSentStreams,
    private readonly authentication: AuthenticationService,
  ) {}

  @Subscription(() => DeliveryEventType, {
    description:
      'Every change of status. After a loss of events the present state of what may have changed follows: a repetition is ' +
      'possible, and the higher version counts.',
    resolve: toDeliveryEventType,
  })
  deliveryUpdated(
    @Scope() scope: TenantScope,
    @Context() context: GraphQLContext,
    @Args('filter', { type: () => DeliveryFilterInput, nullable: true }) filter?: DeliveryFilterInput,
  ): AsyncIterator<DeliveryUpdate> {
    return this.updates.open(scope, filter ?? {}, this.guard(scope, context, 'Subscription.deliveryUpdated'));
  }

  @Subscription(() => MessageSentEventType, {
    description:
      'What becomes of messages in five words; a delivery that is cancelled, expired or suppressed has failed, and one that is ' +
      'UNCERTAIN is told when it is settled.',
    resolve: toMessageSentEventType,
  })
  messageSent(@Scope() scope: TenantScope, @Context() context: GraphQLContext): AsyncIterator<MessageSentData> {
    return this.messages.open(scope, this.guard(scope, context, 'Subscription.messageSent'));
  }

  /** Guards run once, when an operation begins; a stream lives for hours. */
  private guard(scope: TenantScope, { authorization }: GraphQLContext, field: string): StreamGuard {
    return {
      isAllowed: async () => {
        const owner = await this.authentication.authenticate(authorization);
        return owner?.tenantId === scope.tenantId && isPermitted(owner.role, field);
      },
      refusal: () => new ApiError('UNAUTHENTICATED', 'The API key is not valid any more.'),
    };
  }
}
