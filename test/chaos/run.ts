import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PERMIT_LIFE_MS } from '../../src/core/dispatch/permit-life.js';
import { randomFreePort } from '../../src/platform/database/embedded/postmaster.js';
import type { ChaosDatabase } from './database.js';
import { describeEvidence } from './evidence.js';
import { startGateway, type Gateway } from './gateway/gateway.js';
import { actsOf, requestsOf, TENANTS } from './load/load-plan.js';
import { Loader } from './load/loader.js';
import { People } from './load/people.js';
import { PersistentClient } from './load/persistent-client.js';
import type { Told, Unanswered } from './load/told.js';
import { addTenant, furnish, type WorldTenant } from './load/world.js';
import { installObserver } from './observer.js';
import { NAIVE_LEASE_MS, type ChaosPlan } from './plan.js';
import type { CompiledProgram } from './program.js';
import { untilQuiet, type Rest } from './quiescence.js';
import { readHistory } from './read-history.js';
import { reconcile, type Reconciliation } from './reconcile/reconcile.js';
import { ServerSlot, type FailedStart } from './server-slot.js';
import type { Fault, InflictedFault } from './fault.js';
import { firstSkewsOf, timetableOf } from './timetable.js';
import { Tormentor, type Seat } from './tormentor.js';
import { DatabaseProxy } from './wire/database-proxy.js';

/** The way of a call from the last look at its permit to the gateway's clock, new connections included (docs/chaos.md). */
const CALL_WAY_MS = 500;

/** What a run came to. */
export interface ChaosReport extends Reconciliation {
  readonly plan: ChaosPlan;
  /** Those that met something. */
  readonly faults: readonly InflictedFault[];
  readonly plannedFaults: number;
  readonly failedStarts: number;
  readonly lostReplies: { readonly commit: number; readonly write: number };
  readonly unanswered: readonly Unanswered[];
  readonly rest: Rest;
  /** The ledger, the servers' logs, and evidence.txt: all that is known of what the violations are about. */
  readonly folder: string;
  readonly seconds: number;
}

/** The folder of a run's ledger and logs; the caller removes it when nobody needs it. */
export async function chaosFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `pontual-chaos-${process.pid}-`));
  await chmod(folder, 0o711);
  return folder;
}

/** What a run needs of its surroundings. */
export interface ChaosMeans {
  readonly program: CompiledProgram;
  readonly database: ChaosDatabase;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Carries a plan out on an empty, migrated database, and reconciles. Ends everything that it started, however it ends. */
export async function runChaos(plan: ChaosPlan, means: ChaosMeans): Promise<ChaosReport> {
  const stage = new Stage(plan, means);
  try {
    return await stage.play();
  } finally {
    await stage.close();
  }
}

/** Everything that a run has of processes and connections. */
class Stage {
  private readonly seats: Seat[] = [];
  private gateway: Gateway | undefined;
  private readonly brokenServers: string[] = [];
  private readonly failedStarts: FailedStart[] = [];
  private readonly told: Told[] = [];
  private readonly unanswered: Unanswered[] = [];
  private readonly adminKey = `chaos-${randomBytes(16).toString('hex')}`;
  private readonly startedMs = performance.now();
  private readonly ledgerFile: string;

  private readonly program: CompiledProgram;
  private readonly database: ChaosDatabase;
  private readonly folder: string;
  private readonly signal: AbortSignal;

  constructor(
    private readonly plan: ChaosPlan,
    { program, database, folder, signal }: ChaosMeans,
  ) {
    this.program = program;
    this.database = database;
    this.folder = folder;
    this.signal = signal;
    this.ledgerFile = join(folder, 'ledger.jsonl');
  }

  async play(): Promise<ChaosReport> {
    const [, gateway] = await Promise.all([this.build(), startGateway(this.ledgerFile)]);
    this.gateway = gateway;
    // The first one makes the first tenant.
    const [first, ...others] = this.seats;
    await first?.slot.start();
    const [tenants] = await Promise.all([this.furnishTenants(gateway), ...others.map(({ slot }) => slot.start())]);
    const faults = await this.disturb(tenants);
    const { patienceMs, winding } = this.plan;
    const { rest, windingsMs } = await untilQuiet({
      databaseUrl: this.database.url,
      gateway,
      seats: this.seats,
      stopServers: () => this.stopServers(),
      patienceMs,
      winding,
      signal: this.signal,
    });
    await this.stopServers();
    const { told, brokenServers, failedStarts } = this;
    const { demands } = this.plan;
    const seen = { told, brokenServers, failedStarts, faults, windingsMs, rest, demands };
    const history = await readHistory(this.database.url, this.ledgerFile, seen);
    const reconciled = reconcile(history, PERMIT_LIFE_MS + CALL_WAY_MS);
    await writeFile(join(this.folder, 'evidence.txt'), describeEvidence(history, reconciled.violations));
    return {
      ...reconciled,
      plan: this.plan,
      faults,
      plannedFaults: this.timetable().length,
      failedStarts: failedStarts.length,
      lostReplies: this.lostReplies(),
      unanswered: this.unanswered,
      rest,
      folder: this.folder,
      seconds: (performance.now() - this.startedMs) / 1_000,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.seats.map(({ slot }) => slot.close()));
    await Promise.all(this.seats.map(({ proxy }) => proxy.close()));
    await this.gateway?.close();
  }

  private async build(): Promise<void> {
    const dataDir = join(this.folder, 'data');
    await mkdir(dataDir);
    await installObserver(this.database.url);
    const encryptionKey = randomBytes(32).toString('hex');
    const skews = firstSkewsOf(this.plan);
    for (const [place, { role }] of this.plan.servers.entries()) {
      const name = `server-${place}`;
      const proxy = await DatabaseProxy.before(this.database.url);
      const slot = new ServerSlot({
        name,
        main: this.program.main,
        role,
        port: await randomFreePort(),
        preload: this.plan.naive ? [join(__dirname, 'preload', 'naive.cjs')] : [],
        logFile: join(this.folder, `${name}.log`),
        environment: {
          DATABASE_URL: proxy.url,
          DATA_DIR: dataDir,
          ADMIN_API_KEY: this.adminKey,
          ENCRYPTION_KEY: encryptionKey,
          CHAOS_PROGRAM: this.program.folder,
          CHAOS_NAIVE_LEASE_MS: String(NAIVE_LEASE_MS),
        },
        skewMs: skews[place] ?? 0,
        onUnexpectedEnd: (reason) => this.brokenServers.push(reason),
        onFailedStart: (start) => this.failedStarts.push(start),
      });
      this.seats.push({ slot, proxy });
    }
  }

  private async furnishTenants(gateway: Gateway): Promise<WorldTenant[]> {
    const right = this.seats.filter((_, place) => this.plan.servers[place]?.skewed === false);
    const servers = right.map(({ slot }) => slot.url);
    const tenants: WorldTenant[] = [];
    for (let place = 0; place < TENANTS; place += 1) {
      const name = `tenant ${place}`;
      const key = place === 0 ? this.adminKey : await addTenant(this.database.url, name);
      tenants.push(await furnish(this.plan, name, new PersistentClient(servers, key, this.signal), gateway.url));
    }
    const channels = tenants.flatMap((tenant) => tenant.channels);
    const { seed, gatewayPace: pace, plainGateway: isPlain } = this.plan;
    await gateway.setUp({ seed, pace, isPlain, channels, servers: this.seats.map(({ slot }) => slot.url) });
    return tenants;
  }

  /** Load, people and faults at the same time; when it resolves, all of them have ended. */
  private async disturb(tenants: readonly WorldTenant[]): Promise<readonly InflictedFault[]> {
    const { plan, told, unanswered, signal } = this;
    const loader = new Loader(plan, tenants, told, unanswered, signal);
    const people = new People(plan.seed, tenants, told, unanswered, signal);
    const tormentor = new Tormentor(plan.seed, this.seats, this.database, signal);
    await Promise.all([loader.run(requestsOf(plan)), people.run(actsOf(plan)), tormentor.run(this.timetable())]);
    return tormentor.done;
  }

  private timetable(): readonly Fault[] {
    return timetableOf(this.plan, this.database.crash !== undefined);
  }

  private async stopServers(): Promise<void> {
    await Promise.all(
      this.seats.map(async ({ slot }) => {
        const code = await slot.stop();
        if (code !== 0)
          this.brokenServers.push(`${slot.name} ended with ${code ?? 'nothing, and was killed'} after SIGTERM`);
      }),
    );
  }

  private lostReplies(): { commit: number; write: number } {
    return this.seats.reduce(
      (sum, { proxy }) => ({ commit: sum.commit + proxy.lost.commit, write: sum.write + proxy.lost.write }),
      { commit: 0, write: 0 },
    );
  }
}
