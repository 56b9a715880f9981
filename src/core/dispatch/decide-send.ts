import { describeMissing, writeText, type Addressee, type Texts } from './write-text.js';

/** The contact as it is at the moment of sending. */
export interface Recipient extends Addressee {
  readonly optedOut: boolean;
  readonly deleted: boolean;
}

/** The message as it is at the moment of sending. */
export interface Content extends Texts {
  readonly status: 'DRAFT' | 'ACTIVE' | 'PAUSED' | 'ARCHIVED';
}

/** What a claimed delivery comes to before the gateway is asked. */
export type SendDecision =
  /** Call the gateway with this text. */
  | {
      readonly kind: 'send';
      readonly to: string;
      readonly text: string;
      /** Index into the variations that were really used; null when the message has none. */
      readonly variation: number | null;
      readonly nicknameUsed: string | null;
    }
  /** There is nobody to send it to. */
  | { readonly kind: 'suppress'; readonly code: SuppressionCode; readonly message: string }
  /** It cannot be written; a person has to mend the contact or the message and retry. */
  | { readonly kind: 'fail'; readonly code: 'MISSING_PLACEHOLDERS'; readonly message: string }
  /** A person paused the message: look again later. */
  | { readonly kind: 'hold'; readonly message: string };

/** A delivery that is not sent because of its contact. */
export type Suppression = Extract<SendDecision, { readonly kind: 'suppress' }>;

/** Why a delivery is SUPPRESSED. */
export type SuppressionCode = 'OPTED_OUT' | 'NO_ADDRESS' | 'CONTACT_DELETED';

/**
 * Whether and what to send, by the contact and the message as they are now: an opt-out of a second ago counts. The text
 * is {@link writeText}'s.
 */
export function decideSend(
  recipient: Recipient,
  message: Content,
  variation: number | null,
  useNicknames: boolean,
): SendDecision {
  const suppression = decideSuppression(recipient);
  if (suppression) return suppression;
  if (recipient.phone === null) return suppress('NO_ADDRESS', 'The contact has no phone number.');
  if (message.status === 'PAUSED' || message.status === 'DRAFT') {
    return { kind: 'hold', message: `The message is ${message.status}.` };
  }
  const written = writeText(recipient, message, variation, useNicknames);
  if (!written.text.ok) {
    return { kind: 'fail', code: 'MISSING_PLACEHOLDERS', message: describeMissing(written.text.error.missing) };
  }
  return {
    kind: 'send',
    to: recipient.phone,
    text: written.text.value,
    variation: written.variation,
    nicknameUsed: written.nicknameUsed,
  };
}

/**
 * Whether the contact may be written to at all; undefined when it may. Asked again when a delivery is about to be sent:
 * its text may have waited for a free call, and an opt-out of that time counts too.
 */
export function decideSuppression(contact: Pick<Recipient, 'optedOut' | 'deleted'>): Suppression | undefined {
  if (contact.deleted) return suppress('CONTACT_DELETED', 'The contact was deleted.');
  if (contact.optedOut) return suppress('OPTED_OUT', 'The contact asked to receive nothing more.');
  return undefined;
}

function suppress(code: SuppressionCode, message: string): Suppression {
  return { kind: 'suppress', code, message };
}
