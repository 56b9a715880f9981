export { ContactsModule } from './contacts.module.js';
export { ContactsService } from './application/contacts.service.js';
export type { ContactRow, GroupRow } from './application/contact-rows.js';
export { toContactGroupType, toContactType } from './graphql/contact.mapper.js';
export { ContactConnectionType, ContactGroupType, ContactType } from './graphql/contact.types.js';
