/**
 * One reason why an input was refused, told to the client in `extensions.violations`.
 * `field` is the path from the operation's argument ("input.cronExpression", "input.variations.5", "after").
 * `rule` is a stable machine-readable word ("maxLength", "cron.neverMatches"); `message` is a sentence for people.
 */
export interface Violation {
  readonly field: string;
  readonly message: string;
  readonly rule: string;
}
