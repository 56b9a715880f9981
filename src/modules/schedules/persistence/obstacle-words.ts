/** Why a contact of an audience gets nothing: the code of its SUPPRESSED delivery, and the sentence that says it. */
export const OBSTACLE_WORDS = {
  CONTACT_DELETED: 'The contact was deleted.',
  OPTED_OUT: 'The contact asked to receive nothing more.',
  NO_ADDRESS: 'The contact has no phone number.',
  DUPLICATE: 'Another contact of the audience has the same number.',
  LOCAL_TIME_PASSED: 'The local time had passed in the time zone of the contact.',
  NO_ROOM: 'The channel has no room for it within a year.',
} as const;

/** One of {@link OBSTACLE_WORDS}. */
export type Obstacle = keyof typeof OBSTACLE_WORDS;
