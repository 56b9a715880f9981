import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import {
  MaterialisingRepository,
  ONE_INSTANT,
  type InstantsByZone,
  type RunToMaterialise,
  type WrittenPart,
} from '../persistence/materialising.repository.js';
import { CampaignWriter } from './campaign-writer.js';
import { firstOf, instantsByZone } from './contact-instants.js';

/** The first part is small, so that sending begins at once; the others are large enough to be quick. */
const FIRST_PART = 500;
const PART = 5_000;

/** What was written of one run. */
export interface MaterialisedPart extends WrittenPart {
  readonly run: RunToMaterialise;
  readonly isLast: boolean;
}

/** Writes the deliveries of one run, or the next part of them. */
@Injectable()
export class RunWriter {
  constructor(
    private readonly repository: MaterialisingRepository,
    private readonly campaigns: CampaignWriter,
  ) {}

  /** The run that has waited longest for its next part, locked, of those that nobody else works on. */
  pick(tx: Sql): Promise<RunToMaterialise | undefined> {
    return this.repository.pickRun(tx);
  }

  async writeNext(tx: Sql, run: RunToMaterialise): Promise<MaterialisedPart> {
    const part = run.type === 'CAMPAIGN' ? await this.writeCampaign(tx, run) : await this.writePart(tx, run);
    if (part.queued > 0 && !run.isPaused) {
      await this.repository.wakeLane(tx, run.tenantId, run.channelId, part.firstAt);
    }
    return { ...part, run };
  }

  /** Lets other runs go first, after a part of this one could not be written. */
  letOthersPass(sql: Sql, run: RunToMaterialise): Promise<void> {
    return this.repository.letOthersPass(sql, run);
  }

  private async writeCampaign(tx: Sql, run: RunToMaterialise) {
    return { ...(await this.campaigns.write(tx, run)), isLast: true };
  }

  private async writePart(tx: Sql, run: RunToMaterialise) {
    const size = run.cursor === null ? FIRST_PART : PART;
    const instants = await this.instants(tx, run, size);
    const written = await this.repository.writeNextPart(tx, run, size, instants);
    const isLast = written.taken < size;
    const isOurs = await this.repository.recordPart(tx, run, written, isLast);
    if (!isOurs) throw new Error('a locked run changed under its lock');
    return { ...written, isLast, firstAt: firstOf(run.dueAt, instants) };
  }

  /** When the contacts of the next part get it, as far as that is not at the run's instant. */
  private async instants(tx: Sql, run: RunToMaterialise, size: number): Promise<InstantsByZone> {
    if (!run.perContactTimeZone) return ONE_INSTANT;
    return instantsByZone(run.dueAt, run.timeZone, await this.repository.zonesOfNextPart(tx, run, size));
  }
}
