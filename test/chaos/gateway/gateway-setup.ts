/** A channel as the gateway knows it. */
export interface GatewayChannel {
  readonly id: string;
  readonly name: string;
  readonly timeoutMs: number;
  /** It honours the idempotency key. */
  readonly idempotent: boolean;
  /** Where its status events go, and what they are signed with. */
  readonly webhookPath: string;
  readonly secret: string;
}

/** What the harness tells its gateway before the first call. */
export interface GatewaySetup {
  readonly seed: string;
  /** It accepts or refuses, and nothing else. */
  readonly isPlain: boolean;
  /** How long an ordinary answer takes. */
  readonly pace: { readonly fromMs: number; readonly toMs: number };
  readonly channels: readonly GatewayChannel[];
  /** Servers that take status events. */
  readonly servers: readonly string[];
}
