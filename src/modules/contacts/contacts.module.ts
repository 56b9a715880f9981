import { Module } from '@nestjs/common';
import { TenantsModule } from '../tenants/index.js';
import { ContactEditingService } from './application/contact-editing.service.js';
import { ContactGroupsService } from './application/contact-groups.service.js';
import { ContactImportService } from './application/contact-import.service.js';
import { ContactsService } from './application/contacts.service.js';
import { ContactFieldsResolver } from './graphql/contact-fields.resolver.js';
import { ContactGroupsResolver } from './graphql/contact-groups.resolver.js';
import { ContactsResolver } from './graphql/contacts.resolver.js';
import { ContactGroupsRepository } from './persistence/contact-groups.repository.js';
import { ContactImportRepository } from './persistence/contact-import.repository.js';
import { ContactLookupsRepository } from './persistence/contact-lookups.repository.js';
import { ContactsRepository } from './persistence/contacts.repository.js';
import { OptOutsRepository } from './persistence/opt-outs.repository.js';

@Module({
  imports: [TenantsModule],
  providers: [
    ContactsRepository,
    ContactGroupsRepository,
    ContactLookupsRepository,
    ContactImportRepository,
    OptOutsRepository,
    ContactsService,
    ContactEditingService,
    ContactGroupsService,
    ContactImportService,
    ContactsResolver,
    ContactFieldsResolver,
    ContactGroupsResolver,
  ],
  exports: [ContactsService],
})
export class ContactsModule {}
