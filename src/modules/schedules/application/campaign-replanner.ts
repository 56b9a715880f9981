import { Injectable } from '@nestjs/common';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { errorFacts, Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import { ReplanningRepository } from '../persistence/replanning.repository.js';
import type { RunKey } from '../persistence/run-key.js';
import { CampaignMover, Overtaken, type Replanned } from './campaign-mover.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';

const INTERVAL_MS = 5_000;

/** Campaigns that one round plans at most. */
const CAMPAIGNS_PER_ROUND = 50;

/** Moves told one by one; of a larger campaign only the schedule's change is told. */
const MAX_TOLD = 1_000;

/**
 * Gives deliveries of campaigns new instants: the whole rest of a campaign that was resumed or edited, and what has missed
 * its instant because nothing was there to send it, or because others went first. So nothing ever goes in a burst, and
 * nothing outside its window. On every replica; the lock on the run decides who does it.
 */
@Injectable()
export class CampaignReplanner {
  private readonly ticker: Ticker;
  /** The last run of a full round: the next one goes on after it, so that what cannot be planned keeps nobody waiting. */
  private after: string | null = null;

  constructor(
    private readonly database: WorkerDatabase,
    private readonly repository: ReplanningRepository,
    private readonly mover: CampaignMover,
    private readonly announcements: ScheduleAnnouncements,
    private readonly logger: Logger,
  ) {
    const work = async (): Promise<void> => {
      await this.runOnce();
    };
    this.ticker = new Ticker(work, { name: 'campaign-replanner', intervalMs: INTERVAL_MS }, logger);
  }

  /** Some campaign may have to be planned anew. */
  kick(): void {
    this.ticker.kick();
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  /** Plans anew what has to be at this moment. */
  async runOnce(): Promise<readonly Replanned[]> {
    const replanned: Replanned[] = [];
    const runs = await this.repository.withWork(this.database, CAMPAIGNS_PER_ROUND, this.after);
    this.after = runs.length < CAMPAIGNS_PER_ROUND ? null : (runs.at(-1)?.runId ?? null);
    for (const run of runs) {
      const done = await this.replan(run);
      if (done) replanned.push(done);
    }
    this.announcements.changed(replanned);
    for (const campaign of replanned) {
      if (campaign.deliveries.length <= MAX_TOLD) this.announcements.moved(campaign);
    }
    this.announcements.workAvailable(replanned.map(({ channelId }) => channelId));
    return replanned;
  }

  /** One campaign that cannot be planned must not keep the others waiting; the next round comes back to it. */
  private async replan(run: RunKey): Promise<Replanned | undefined> {
    try {
      return await this.database.transaction((tx) => this.mover.replan(tx, run));
    } catch (error) {
      if (error instanceof Overtaken) return undefined;
      this.logger.error('campaign.replanFailed', { runId: run.runId, ...errorFacts(error) });
      return undefined;
    }
  }
}
