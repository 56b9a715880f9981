/** What a campaign spreads its messages over, validated; how it is stored with its schedule. */
export interface CampaignSettings {
  /** The first local date, YYYY-MM-DD. */
  readonly startsOn: string;
  /** ISO weekdays, 1 (Monday) to 7 (Sunday), rising; at least one. */
  readonly weekdays: readonly number[];
  /** Local hours in minutes after midnight, 0 <= fromMinute < toMinute <= 1440. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** At most this many a local day, 1 to 100,000. */
  readonly maxPerDay: number;
  /** No two messages are closer than this, 0 to 86,400. */
  readonly minSpacingSeconds: number;
  /** Same seed and audience, same plan. */
  readonly seed: string;
}
