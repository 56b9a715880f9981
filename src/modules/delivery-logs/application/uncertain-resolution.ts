/** How a person settles a delivery of which nobody knows whether it went. */
export const UncertainResolution = {
  /** It went. */
  MARK_SENT: 'MARK_SENT',
  /** It did not go. */
  MARK_FAILED: 'MARK_FAILED',
  /** Send it again, even if the person may get it twice. */
  SEND_AGAIN: 'SEND_AGAIN',
} as const;

/** One of {@link UncertainResolution}. */
export type UncertainResolution = (typeof UncertainResolution)[keyof typeof UncertainResolution];
