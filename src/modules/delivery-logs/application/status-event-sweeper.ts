import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import { Database } from '../../../platform/database/database.js';
import { Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import {
  ProviderEventsRepository,
  type DeliveryKey,
  type WaitingEvent,
} from '../persistence/provider-events.repository.js';
import { StatusEventApplier } from './status-event-applier.js';

const EVERY_MS = 5_000;
/** Many deliveries are locked for a moment at once: one look after it serves them all. */
const SPACING_MS = 100;
const WIDE_EVERY_MS = 60_000;
const THOROUGH_EVERY_MS = 3_600_000;
const PAGE = 500;

/**
 * How far back the sweeps look. A provider that echoes no reference of ours names a message whose id is known only when
 * its call is recorded: most such calls take seconds, one that is repeated takes minutes, and most other unmatched events
 * are about messages that are not ours.
 */
const MATCHED_FOR_S = 3_600;
const UNMATCHED_FOR_S = 120;
const WIDELY_UNMATCHED_FOR_S = 3_600;
/** An event that nobody could match for so long is not ours. */
const KEEP_UNMATCHED_DAYS = 7;
const KEEP_S = KEEP_UNMATCHED_DAYS * 86_400;

/** How much a sweep looks at: what came lately, the last hour, or everything that is kept. */
export type SweepReach = 'recent' | 'wide' | 'thorough';

const REACHES: Record<SweepReach, { readonly matchedForS: number; readonly unmatchedForS: number }> = {
  recent: { matchedForS: MATCHED_FOR_S, unmatchedForS: UNMATCHED_FOR_S },
  wide: { matchedForS: MATCHED_FOR_S, unmatchedForS: WIDELY_UNMATCHED_FOR_S },
  thorough: { matchedForS: KEEP_S, unmatchedForS: KEEP_S },
};

/** What one sweep did. */
export interface Sweep {
  /** Events looked at. */
  readonly seen: number;
  /** Deliveries whose events have had their effect now. */
  readonly applied: number;
  readonly deleted: number;
}

/**
 * Applies the events that could not be applied when they came: the call was under way, the row was locked, or nobody knew
 * yet which message they are about. Every replica sweeps; whoever gets the locks applies.
 */
@Injectable()
export class StatusEventSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly ticker: Ticker;
  private wideAtMs: number;
  private thoroughAtMs: number;

  constructor(
    private readonly database: Database,
    private readonly events: ProviderEventsRepository,
    private readonly applier: StatusEventApplier,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.wideAtMs = clock.monotonicMs();
    this.thoroughAtMs = this.wideAtMs;
    this.ticker = new Ticker(
      () => this.tick(),
      { name: 'status-events', intervalMs: EVERY_MS, spacingMs: SPACING_MS },
      logger,
    );
  }

  onApplicationBootstrap(): void {
    this.ticker.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.ticker.stop();
  }

  /** Asks for a sweep as soon as possible. */
  kick(): void {
    this.ticker.kick();
  }

  /** One pass over what waits; a thorough one also removes what never matched. */
  async runOnce(reach: SweepReach): Promise<Sweep> {
    const { matchedForS, unmatchedForS } = REACHES[reach];
    let seen = 0;
    let applied = 0;
    let after: WaitingEvent | null = null;
    do {
      const page: WaitingEvent[] = await this.events.waiting(this.database, matchedForS, unmatchedForS, after, PAGE);
      seen += page.length;
      applied += await this.applyPage(page);
      after = page.length === PAGE ? (page.at(-1) ?? null) : null;
    } while (after !== null);
    const isThorough = reach === 'thorough';
    const deleted = isThorough ? await this.events.deleteUnmatched(this.database, KEEP_UNMATCHED_DAYS, 10_000) : 0;
    return { seen, applied, deleted };
  }

  private async tick(): Promise<void> {
    const sweep = await this.runOnce(this.nextReach());
    if (sweep.applied > 0 || sweep.deleted > 0) this.logger.debug('status-events.swept', { ...sweep });
  }

  private nextReach(): SweepReach {
    const nowMs = this.clock.monotonicMs();
    if (nowMs >= this.thoroughAtMs) {
      this.thoroughAtMs = nowMs + THOROUGH_EVERY_MS;
      return 'thorough';
    }
    if (nowMs < this.wideAtMs) return 'recent';
    this.wideAtMs = nowMs + WIDE_EVERY_MS;
    return 'wide';
  }

  private async applyPage(page: readonly WaitingEvent[]): Promise<number> {
    const unmatched = page.filter((event) => event.deliveryId === null);
    const found = unmatched.length === 0 ? [] : await this.events.rematch(this.database, unmatched);
    const matched = page.flatMap(({ tenantId, deliveryId }): DeliveryKey[] =>
      deliveryId === null ? [] : [{ tenantId, deliveryId }],
    );
    const deliveries = [...new Map([...matched, ...found].map((key) => [key.deliveryId, key])).values()];
    const left = await this.applier.apply(deliveries);
    return deliveries.length - left.length;
  }
}
