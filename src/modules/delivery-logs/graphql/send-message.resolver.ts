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
  toScheduleType,
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
    private readonly deliveries: DeliveriesService,
  ) {}

  @Mutation(() => SendMessagePayloadType)
  async sendMessage(
    @Scope() scope: TenantScope,
    @Args('input') input: SendMessageInput,
  ): Promise<SendMessagePayloadType> {
    const shape = inputViolations('input', input, SendMessageInput);
    const sent = orRefuse(await this.sending.send(scope, readableInput(input), input, shape));
    const rows = await this.deliveries.findMany(scope, sent.deliveryIds);
    return {
      schedule: toScheduleType(sent.schedule),
      deliveries: sent.deliveryIds.flatMap((id) => rows.get(id) ?? []).map(toDeliveryType),
    };
  }
}
