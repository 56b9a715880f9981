/** What people asked for and were told, as the harness noted it. Times are the machine's. */
export type Told =
  /** A schedule was asked for with that reference, and its id came back. */
  | {
      readonly kind: 'scheduled';
      readonly reference: string;
      readonly scheduleId: string;
      readonly recipients: number;
    }
  | {
      readonly kind: 'deliveryCancelled';
      readonly deliveryId: string;
      readonly askedAtMs: number;
      readonly answeredAtMs: number;
    }
  | {
      readonly kind: 'schedulePaused' | 'scheduleResumed' | 'scheduleCancelled';
      readonly scheduleId: string;
      readonly askedAtMs: number;
      readonly answeredAtMs: number;
    }
  | {
      readonly kind: 'contactOptedOut' | 'contactOptedIn';
      readonly contactId: string;
      readonly askedAtMs: number;
      readonly answeredAtMs: number;
    }
  | {
      readonly kind: 'channelPaused' | 'channelResumed';
      readonly channelId: string;
      readonly askedAtMs: number;
      readonly answeredAtMs: number;
    };

/** Asked for and never answered, in spite of all patience: nothing may be concluded from it. */
export interface Unanswered {
  readonly what: string;
}
