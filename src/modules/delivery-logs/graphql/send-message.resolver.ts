import { Args, Field, Mutation, ObjectType, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { inputViolations } from '../../../platform/graphql/input-violations.js';
import {
  readableInput,
  ScheduleType,
  SendMessageInput,
  SendMessageService,
  SendTestMessageInput,
  SendTestService,
  toScheduleType,
  type SentMessage,
} from '../../schedules/index.js';
import { DeliveriesService } from '../application/deliveries.service.js';
import { toDeliveryType } from './delivery.mapper.js';
import { DeliveryType } from './delivery.types.js';

@ObjectType('SendMessagePayload', { description: 'Returned at once; the messages go in the background.' })
export class SendMessagePayloadType {
  @Field(() => ScheduleType)
  schedule: ScheduleType;

  @Field(() => [DeliveryType], { description: 'In the order of the recipients, each number once.' })
  deliveries: DeliveryType[];
}

@Resolver()
export class SendMessageResolver {
  constructor(
    private readonly sending: SendMessageService,
    private readonly testing: SendTestService,
    private readonly deliveries: DeliveriesService,
  ) {}

  @Mutation(() => SendMessagePayloadType)
  async sendMessage(
    @Scope() scope: TenantScope,
    @Args('input') input: SendMessageInput,
  ): Promise<SendMessagePayloadType> {
    const shape = inputViolations('input', input, SendMessageInput);
    return this.payload(scope, orRefuse(await this.sending.send(scope, readableInput(input), input, shape)));
  }

  @Mutation(() => SendMessagePayloadType, {
    description:
      'Sends a message to one number to try it out: as the contact would read it now, with the variation that is asked for. ' +
      'Refused when a placeholder has no value. It goes ahead of what else is due, and statistics over time leave it out.',
  })
  async sendTestMessage(
    @Scope() scope: TenantScope,
    @Args('input') input: SendTestMessageInput,
  ): Promise<SendMessagePayloadType> {
    const shape = inputViolations('input', input, SendTestMessageInput);
    return this.payload(scope, orRefuse(await this.testing.send(scope, readableInput(input), input, shape)));
  }

  private async payload(scope: TenantScope, sent: SentMessage): Promise<SendMessagePayloadType> {
    const rows = await this.deliveries.findMany(scope, sent.deliveryIds);
    return {
      schedule: toScheduleType(sent.schedule),
      deliveries: sent.deliveryIds.flatMap((id) => rows.get(id) ?? []).map(toDeliveryType),
    };
  }
}
