import { Args, ID, Mutation, Parent, Query, ResolveField, Int, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Loaders, RequestLoaders, Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { PageArgs, toConnection } from '../../../platform/graphql/pagination.js';
import { ContactGroupsService } from '../application/contact-groups.service.js';
import { toContactGroupType, toContactType } from './contact.mapper.js';
import { ContactConnectionType, ContactGroupConnectionType, ContactGroupType } from './contact.types.js';

const EMPTY_PAGE = { nodes: [], hasNextPage: false, endCursor: null };

@Resolver(() => ContactGroupType)
export class ContactGroupsResolver {
  constructor(private readonly groups: ContactGroupsService) {}

  @Query(() => ContactGroupConnectionType)
  async contactGroups(@Scope() scope: TenantScope, @Args() page: PageArgs): Promise<ContactGroupConnectionType> {
    return toConnection(orRefuse(await this.groups.list(scope, page)), toContactGroupType);
  }

  @Mutation(() => ContactGroupType)
  async createContactGroup(
    @Scope() scope: TenantScope,
    @Args('name', { type: () => String }) name: string,
    @Args('contactIds', { type: () => [ID], nullable: true }) contactIds?: string[] | null,
  ): Promise<ContactGroupType> {
    return toContactGroupType(orRefuse(await this.groups.create(scope, name, contactIds ?? [])));
  }

  @Mutation(() => ContactGroupType)
  async addContactsToGroup(
    @Scope() scope: TenantScope,
    @Args('groupId', { type: () => ID }) groupId: string,
    @Args('contactIds', { type: () => [ID] }) contactIds: string[],
  ): Promise<ContactGroupType> {
    return toContactGroupType(orRefuse(await this.groups.add(scope, groupId, contactIds)));
  }

  @Mutation(() => ContactGroupType)
  async removeContactsFromGroup(
    @Scope() scope: TenantScope,
    @Args('groupId', { type: () => ID }) groupId: string,
    @Args('contactIds', { type: () => [ID] }) contactIds: string[],
  ): Promise<ContactGroupType> {
    return toContactGroupType(orRefuse(await this.groups.remove(scope, groupId, contactIds)));
  }

  @Mutation(() => Boolean, { description: 'Its contacts stay.' })
  async deleteContactGroup(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<boolean> {
    return orRefuse(await this.groups.delete(scope, id));
  }

  @ResolveField(() => Int)
  memberCount(
    @Parent() group: ContactGroupType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<number> {
    return this.countMembers(group.id, scope, loaders);
  }

  @ResolveField(() => ContactConnectionType)
  async contacts(
    @Parent() group: ContactGroupType,
    @Args() page: PageArgs,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ContactConnectionType> {
    const afterId = orRefuse(this.groups.membersAfter(group.id, page));
    // The same page of many groups is read with one statement.
    const loader = loaders.get(`group-members:${page.first}:${afterId ?? ''}`, (ids) =>
      this.groups.members(scope, ids, afterId, page.first),
    );
    const members = (await loader.load(group.id)) ?? EMPTY_PAGE;
    return toConnection({ ...members, count: () => this.countMembers(group.id, scope, loaders) }, toContactType);
  }

  private async countMembers(groupId: string, scope: TenantScope, loaders: Loaders): Promise<number> {
    return (await loaders.get('group-member-count', (ids) => this.groups.memberCounts(scope, ids)).load(groupId)) ?? 0;
  }
}
