/** The plain rows that this feature's services hand out. */
export type { Attributes, AttributeValue, ContactRow } from '../persistence/contact.entity.js';
export type { GroupRow } from '../persistence/contact-group.entity.js';
export type { NicknameRow } from '../persistence/nickname.entity.js';
