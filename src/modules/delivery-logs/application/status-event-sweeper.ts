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
const THOROUGH_EVERY_MS = 3_600_000;
const PAGE = 500;

/** How long an event is looked at in every sweep; older ones in the thorough ones only. */
const MATCHED_FOR_S = 3_600;
const UNMATCHED_FOR_S = 120;
/** An event that nobody could match for so long is not ours. */
const KEEP_UNMATCHED_DAYS = 7;
const KEEP_S = KEEP_UNMATCHED_DAYS * 86_400;

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
  private thoroughAtMs: number;

  constructor(
    private readonly database: Database,
    private readonly events: ProviderEventsRepository,
    private readonly applier: StatusEventApplier,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.thoroughAtMs = clock.monotonicMs();
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

  /** One pass over what waits; a thorough one also over what has waited for long, and it removes what never matched. */
  async runOnce(isThorough: boolean): Promise<Sweep> {
    const [matchedForS, unmatchedForS] = isThorough ? [KEEP_S, KEEP_S] : [MATCHED_FOR_S, UNMATCHED_FOR_S];
    let seen = 0;
    let applied = 0;
    let after: WaitingEvent | null = null;
    do {
      const page: WaitingEvent[] = await this.events.waiting(this.database, matchedForS, unmatchedForS, after, PAGE);
      seen += page.length;
      applied += await this.applyPage(page);
      after = page.length === PAGE ? (page.at(-1) ?? null) : null;
    } while (after !== null);
    const deleted = isThorough ? await this.events.deleteUnmatched(this.database, KEEP_UNMATCHED_DAYS, 10_000) : 0;
    return { seen, applied, deleted };
  }

  private async tick(): Promise<void> {
    const isThorough = this.clock.monotonicMs() >= this.thoroughAtMs;
    if (isThorough) this.thoroughAtMs = this.clock.monotonicMs() + THOROUGH_EVERY_MS;
    const sweep = await this.runOnce(isThorough);
    if (sweep.applied > 0 || sweep.deleted > 0) this.logger.debug('status-events.swept', { ...sweep });
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
