import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Loaders, RequestLoaders, Scope } from '../../../platform/graphql/context.js';
import { ChannelType, toChannelType } from '../../channels/index.js';
import { ContactType, toContactType } from '../../contacts/index.js';
import { ScheduleType, toScheduleType, type ScheduleRow } from '../../schedules/index.js';
import { DeliveriesService } from '../application/deliveries.service.js';
import { DeliveryRelations, type Relations } from '../application/delivery-relations.js';
import { ExplanationsService } from '../application/explanations.service.js';
import { DeliveryTexts, sentText } from '../application/delivery-texts.js';
import { toDeliveryAttemptType, toDeliveryExplanationType } from './delivery.mapper.js';
import { DeliveryAttemptType, DeliveryType } from './delivery.types.js';
import { DeliveryExplanationType } from './explanation.types.js';

/** Each field of a page of deliveries takes one statement, whatever the size of the page; only what is asked for is read. */
@Resolver(() => DeliveryType)
export class DeliveryFieldsResolver {
  constructor(
    private readonly deliveries: DeliveriesService,
    private readonly texts: DeliveryTexts,
    private readonly relations: DeliveryRelations,
    private readonly explanations: ExplanationsService,
  ) {}

  @ResolveField(() => ScheduleType)
  async schedule(
    @Parent() delivery: DeliveryType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ScheduleType> {
    return toScheduleType(await this.scheduleOf(delivery, scope, loaders));
  }

  @ResolveField(() => Boolean, { description: 'Sent by sendTestMessage.' })
  async isTest(
    @Parent() delivery: DeliveryType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<boolean> {
    return (await this.scheduleOf(delivery, scope, loaders)).isTest;
  }

  @ResolveField(() => ContactType, { nullable: true, description: 'null when the contact was deleted.' })
  async contact(
    @Parent() delivery: DeliveryType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ContactType | null> {
    const loader = loaders.get('contact', (ids) => this.relationsOf(delivery).contacts(scope, ids));
    const contact = await loader.load(delivery.row.contactId);
    return contact && contact.deletedAt === null ? toContactType(contact) : null;
  }

  @ResolveField(() => ChannelType)
  async channel(
    @Parent() delivery: DeliveryType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ChannelType> {
    const loader = loaders.get('channel', (ids) => this.relationsOf(delivery).channels(scope, ids));
    const channel = await loader.load(delivery.row.channelId);
    if (!channel) throw new Error(`the delivery ${delivery.row.id} has lost its channel`);
    return toChannelType(channel);
  }

  @ResolveField(() => String, {
    description: 'The text as sent, or as it would be sent now; what the contact has no value for stands as [name?].',
  })
  async content(
    @Parent() { row }: DeliveryType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<string> {
    const sent = sentText(row);
    if (sent !== null) return sent;
    const loader = loaders.get('delivery-text', async (ids) =>
      this.texts.ofUnsent(scope, [...(await this.deliveries.findMany(scope, ids)).values()]),
    );
    return (await loader.load(row.id)) ?? '';
  }

  @ResolveField(() => [DeliveryAttemptType])
  async attempts(
    @Parent() { row }: DeliveryType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<DeliveryAttemptType[]> {
    const loader = loaders.get('delivery-attempts', (ids) => this.deliveries.attemptsOf(scope, ids));
    return ((await loader.load(row.id)) ?? []).map(toDeliveryAttemptType);
  }

  private async scheduleOf(delivery: DeliveryType, scope: TenantScope, loaders: Loaders): Promise<ScheduleRow> {
    const loader = loaders.get('schedule', (ids) => this.relationsOf(delivery).schedules(scope, ids));
    const schedule = await loader.load(delivery.row.scheduleId);
    if (!schedule) throw new Error(`the delivery ${delivery.row.id} has lost its schedule`);
    return schedule;
  }

  @ResolveField(() => DeliveryExplanationType)
  async explanation(
    @Parent() { row }: DeliveryType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<DeliveryExplanationType> {
    const loader = loaders.get('delivery-explanation', (ids) => this.explanations.explain(scope, ids));
    const explanation = await loader.load(row.id);
    if (!explanation) throw new Error(`the delivery ${row.id} has lost its schedule, channel or contact`);
    return toDeliveryExplanationType(explanation);
  }

  private relationsOf({ isLive }: DeliveryType): Relations {
    return isLive ? this.relations.live : this.relations.present;
  }
}
