import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Loaders, RequestLoaders, Scope } from '../../../platform/graphql/context.js';
import { ContactsService } from '../application/contacts.service.js';
import { toContactGroupType, toNicknameType } from './contact.mapper.js';
import { ContactGroupType, ContactType, NicknameType } from './contact.types.js';

@Resolver(() => ContactType)
export class ContactFieldsResolver {
  constructor(private readonly contacts: ContactsService) {}

  @ResolveField(() => [NicknameType])
  async nicknames(
    @Parent() contact: ContactType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<NicknameType[]> {
    const loader = loaders.get('contact-nicknames', (ids) => this.contacts.nicknamesOf(scope, ids));
    return ((await loader.load(contact.id)) ?? []).map(toNicknameType);
  }

  @ResolveField(() => [ContactGroupType])
  async groups(
    @Parent() contact: ContactType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ContactGroupType[]> {
    const loader = loaders.get('contact-groups', (ids) => this.contacts.groupsOf(scope, ids));
    return ((await loader.load(contact.id)) ?? []).map(toContactGroupType);
  }
}
