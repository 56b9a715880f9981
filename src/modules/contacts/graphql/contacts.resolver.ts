import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { inputViolations } from '../../../platform/graphql/input-violations.js';
import { PageArgs, toConnection } from '../../../platform/graphql/pagination.js';
import { ContactEditingService } from '../application/contact-editing.service.js';
import { ContactImportService } from '../application/contact-import.service.js';
import { ContactsService } from '../application/contacts.service.js';
import { ContactFilter, CreateContactInput, ImportContactsInput, UpdateContactInput } from './contact.inputs.js';
import { toContactType } from './contact.mapper.js';
import { ContactConnectionType, ContactType, ImportReportType } from './contact.types.js';

@Resolver()
export class ContactsResolver {
  constructor(
    private readonly contactsService: ContactsService,
    private readonly editing: ContactEditingService,
    private readonly importing: ContactImportService,
  ) {}

  @Query(() => ContactType, { nullable: true })
  async contact(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<ContactType | null> {
    const row = await this.contactsService.find(scope, id);
    return row && toContactType(row);
  }

  @Query(() => ContactConnectionType)
  async contacts(
    @Scope() scope: TenantScope,
    @Args() page: PageArgs,
    @Args('filter', { type: () => ContactFilter, nullable: true }) filter?: ContactFilter,
  ): Promise<ContactConnectionType> {
    return toConnection(orRefuse(await this.contactsService.list(scope, filter ?? {}, page)), toContactType);
  }

  @Mutation(() => ContactType)
  async createContact(@Scope() scope: TenantScope, @Args('input') input: CreateContactInput): Promise<ContactType> {
    return toContactType(orRefuse(await this.editing.create(scope, input, inputViolations('input', input))));
  }

  @Mutation(() => ContactType)
  async updateContact(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
    @Args('input') input: UpdateContactInput,
  ): Promise<ContactType> {
    return toContactType(orRefuse(await this.editing.update(scope, id, input, inputViolations('input', input))));
  }

  @Mutation(() => Boolean, { description: 'Erases the personal data of the contact; its deliveries stay in the log.' })
  async deleteContact(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<boolean> {
    return orRefuse(await this.editing.delete(scope, id));
  }

  @Mutation(() => ContactType, {
    description: 'For every contact with the same number; remembered also when the contact is deleted and made again.',
  })
  async setContactOptOut(
    @Scope() scope: TenantScope,
    @Args('id', { type: () => ID }) id: string,
    @Args('optedOut', { type: () => Boolean }) optedOut: boolean,
  ): Promise<ContactType> {
    return toContactType(orRefuse(await this.editing.setOptOut(scope, id, optedOut)));
  }

  @Mutation(() => ImportReportType)
  async importContacts(
    @Scope() scope: TenantScope,
    @Args('input') input: ImportContactsInput,
  ): Promise<ImportReportType> {
    return orRefuse(await this.importing.run(scope, input));
  }
}
