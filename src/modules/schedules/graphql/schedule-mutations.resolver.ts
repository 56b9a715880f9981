import { Args, ID, Int, Mutation, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { inputViolations } from '../../../platform/graphql/input-violations.js';
import { CreateScheduleService } from '../application/create-schedule.service.js';
import { DeliveryRequeuer } from '../application/delivery-requeuer.js';
import { ScheduleControlService } from '../application/schedule-control.service.js';
import { UpdateScheduleService } from '../application/update-schedule.service.js';
import { CreateScheduleInput } from './create-schedule.input.js';
import { readableInput } from './readable-input.js';
import { toScheduleType } from './schedule.mapper.js';
import { ScheduleObjectType } from './schedule.types.js';
import { UpdateScheduleInput } from './update-schedule.input.js';

const ID_ARGUMENT = { type: () => ID };
const EXPECTED_VERSION = { type: () => Int, nullable: true };

@Resolver()
export class ScheduleMutationsResolver {
  constructor(
    private readonly creating: CreateScheduleService,
    private readonly updating: UpdateScheduleService,
    private readonly control: ScheduleControlService,
    private readonly requeuer: DeliveryRequeuer,
  ) {}

  @Mutation(() => ScheduleObjectType)
  async createSchedule(
    @Scope() scope: TenantScope,
    @Args('input') input: CreateScheduleInput,
  ): Promise<ScheduleObjectType> {
    const shape = inputViolations('input', input, CreateScheduleInput);
    return toScheduleType(orRefuse(await this.creating.create(scope, readableInput(input), input, shape)));
  }

  @Mutation(() => ScheduleObjectType)
  async updateSchedule(
    @Scope() scope: TenantScope,
    @Args('id', ID_ARGUMENT) id: string,
    @Args('input') input: UpdateScheduleInput,
    @Args('expectedVersion', EXPECTED_VERSION) expectedVersion?: number | null,
  ): Promise<ScheduleObjectType> {
    const shape = inputViolations('input', input, UpdateScheduleInput);
    const updated = await this.updating.update(scope, id, readableInput(input), expectedVersion ?? null, shape);
    return toScheduleType(orRefuse(updated));
  }

  @Mutation(() => ScheduleObjectType, {
    description: 'Nothing of it fires or is sent until it is resumed. Idempotent.',
  })
  async pauseSchedule(
    @Scope() scope: TenantScope,
    @Args('id', ID_ARGUMENT) id: string,
    @Args('expectedVersion', EXPECTED_VERSION) expectedVersion?: number | null,
  ): Promise<ScheduleObjectType> {
    return toScheduleType(orRefuse(await this.control.pause(scope, id, expectedVersion ?? null)));
  }

  @Mutation(() => ScheduleObjectType, { description: 'Goes on from now: a pause is not caught up. Idempotent.' })
  async resumeSchedule(
    @Scope() scope: TenantScope,
    @Args('id', ID_ARGUMENT) id: string,
    @Args('expectedVersion', EXPECTED_VERSION) expectedVersion?: number | null,
  ): Promise<ScheduleObjectType> {
    return toScheduleType(orRefuse(await this.control.resume(scope, id, expectedVersion ?? null)));
  }

  @Mutation(() => ScheduleObjectType, {
    description: 'Stops the schedule and every delivery of it that is not at the gateway yet. Idempotent.',
  })
  async cancelSchedule(
    @Scope() scope: TenantScope,
    @Args('id', ID_ARGUMENT) id: string,
    @Args('expectedVersion', EXPECTED_VERSION) expectedVersion?: number | null,
  ): Promise<ScheduleObjectType> {
    return toScheduleType(orRefuse(await this.control.cancel(scope, id, expectedVersion ?? null)));
  }

  @Mutation(() => ScheduleObjectType, {
    description: 'Queues every FAILED or EXPIRED delivery of the schedule again, with fresh attempts.',
  })
  async retrySchedule(
    @Scope() scope: TenantScope,
    @Args('id', ID_ARGUMENT) id: string,
    @Args('expectedVersion', EXPECTED_VERSION) expectedVersion?: number | null,
  ): Promise<ScheduleObjectType> {
    return toScheduleType(orRefuse(await this.requeuer.retrySchedule(scope, id, expectedVersion ?? null)));
  }
}
