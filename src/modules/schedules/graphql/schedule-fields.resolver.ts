import { Args, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Loaders, RequestLoaders, Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { PageArgs, ShortPageArgs, toConnection } from '../../../platform/graphql/pagination.js';
import { ChannelsService, ChannelType, toChannelType } from '../../channels/index.js';
import {
  ContactConnectionType,
  ContactGroupType,
  ContactsService,
  toContactGroupType,
  toContactType,
} from '../../contacts/index.js';
import { MessagesService, MessageType, toMessageType } from '../../messages/index.js';
import { SchedulePartsService } from '../application/schedule-parts.service.js';
import { toScheduleRunType } from './schedule.mapper.js';
import { ScheduleObjectType, ScheduleRunConnectionType } from './schedule.types.js';

const EMPTY_PAGE = { nodes: [], hasNextPage: false, endCursor: null };

/** What a schedule refers to. Each field of many schedules is read with one statement. */
@Resolver(() => ScheduleObjectType)
export class ScheduleFieldsResolver {
  constructor(
    private readonly parts: SchedulePartsService,
    private readonly messages: MessagesService,
    private readonly channels: ChannelsService,
    private readonly contacts: ContactsService,
  ) {}

  @ResolveField(() => MessageType)
  async message(
    @Parent() schedule: ScheduleObjectType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<MessageType> {
    const loader = loaders.get('message', (ids) => this.messages.findMany(scope, ids));
    return toMessageType(present(await loader.load(schedule.messageId), 'message'));
  }

  @ResolveField(() => ChannelType)
  async channel(
    @Parent() schedule: ScheduleObjectType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ChannelType> {
    const loader = loaders.get('channel', (ids) => this.channels.findMany(scope, ids));
    return toChannelType(present(await loader.load(schedule.channelId), 'channel'));
  }

  @ResolveField(() => ContactConnectionType, {
    description: 'The contacts that it names; members of its groups apart.',
  })
  async targetContacts(
    @Parent() schedule: ScheduleObjectType,
    @Args() page: PageArgs,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ContactConnectionType> {
    const afterId = orRefuse(this.parts.contactsAfter(schedule.id, page));
    const idLoader = loaders.get(`schedule-contacts:${page.first}:${afterId ?? ''}`, (ids) =>
      this.parts.contactIds(scope, ids, afterId, page.first),
    );
    const counts = loaders.get('schedule-contact-count', (ids) => this.parts.contactCounts(scope, ids));
    const ids = (await idLoader.load(schedule.id)) ?? EMPTY_PAGE;
    const contactLoader = loaders.get('contact', (contactIds) => this.contacts.findMany(scope, contactIds));
    const rows = await Promise.all(ids.nodes.map((id) => contactLoader.load(id)));
    // A contact that was deleted this very moment is no target any more.
    const nodes = rows.filter((row) => row !== undefined);
    return toConnection({ ...ids, nodes, count: async () => (await counts.load(schedule.id)) ?? 0 }, toContactType);
  }

  @ResolveField(() => [ContactGroupType])
  async targetGroups(
    @Parent() schedule: ScheduleObjectType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ContactGroupType[]> {
    const idLoader = loaders.get('schedule-group-ids', (ids) => this.parts.groupIds(scope, ids));
    const groupLoader = loaders.get('contact-group', (ids) => this.contacts.findGroups(scope, ids));
    const ids = (await idLoader.load(schedule.id)) ?? [];
    const rows = await Promise.all(ids.map((id) => groupLoader.load(id)));
    return rows.filter((row) => row !== undefined).map(toContactGroupType);
  }

  @ResolveField(() => ScheduleRunConnectionType, { description: 'The newest first.' })
  async runs(
    @Parent() schedule: ScheduleObjectType,
    @Args() page: ShortPageArgs,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ScheduleRunConnectionType> {
    const before = orRefuse(this.parts.runsBefore(schedule.id, page));
    const loader = loaders.get(`schedule-runs:${page.first}:${before?.toISOString() ?? ''}`, (ids) =>
      this.parts.runs(scope, ids, before, page.first),
    );
    const counts = loaders.get('schedule-run-count', (ids) => this.parts.runCounts(scope, ids));
    const runs = (await loader.load(schedule.id)) ?? EMPTY_PAGE;
    return toConnection({ ...runs, count: async () => (await counts.load(schedule.id)) ?? 0 }, toScheduleRunType);
  }
}

/** A foreign key says that it is there. */
function present<T>(row: T | undefined, what: string): T {
  if (row === undefined) throw new Error(`a schedule's ${what} is missing`);
  return row;
}
