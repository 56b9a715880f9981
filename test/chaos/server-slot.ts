import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const PRELOAD = join(__dirname, 'preload');
const START_TIMEOUT_MS = 60_000;
/** Longer than all faults together keep a start from succeeding. */
const START_DEADLINE_MS = 180_000;
const START_AGAIN_MS = 500;
const LOOK_MS = 50;
const STOP_TIMEOUT_MS = 60_000;

export interface SlotOptions {
  readonly name: string;
  readonly main: string;
  readonly role: 'api' | 'worker' | 'all';
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Files to load before the program. */
  readonly preload: readonly string[];
  /** Everything that its processes say. */
  readonly logFile: string;
  /** How wrong the clock of the first process is. */
  readonly skewMs: number;
  /** A process that was running ended by itself, or none can be started any more. */
  readonly onUnexpectedEnd: (reason: string) => void;
  /** A process ended by itself, or was ended for taking too long, before it served. */
  readonly onFailedStart: (start: FailedStart) => void;
}

/** A start that came to nothing; instants are milliseconds by the machine's clock. */
export interface FailedStart {
  readonly server: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly why: string;
}

/** A process with the stops that hold it: it goes on when the last of them ends. */
interface Held {
  readonly child: ChildProcess;
  stops: number;
}

/** A place for a server: the process in it may be killed, frozen and started again, its address stays. */
export class ServerSlot {
  readonly url: string;
  /** How wrong the clock of the next process is. */
  skewMs: number;
  private held: Held | undefined;
  /** Counts what the slot was told: a start that is overtaken by something else gives up. */
  private turn = 0;
  private readonly log: number;

  constructor(private readonly options: SlotOptions) {
    this.skewMs = options.skewMs;
    this.url = `http://127.0.0.1:${options.port}`;
    this.log = openSync(options.logFile, 'a');
  }

  get name(): string {
    return this.options.name;
  }

  /** Starts a process and waits until it serves; a start that fails, as while there is no database, is repeated. */
  async start(): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    const giveUpMs = performance.now() + START_DEADLINE_MS;
    while (turn === this.turn) {
      if (await this.tryToStart(turn)) return;
      if (performance.now() > giveUpMs && turn === this.turn)
        return this.options.onUnexpectedEnd(`${this.name} cannot be started any more`);
      await wait(START_AGAIN_MS);
    }
  }

  /** kill -9. False: there was nothing to kill. */
  async kill(): Promise<boolean> {
    this.turn += 1;
    const child = this.running();
    if (!child) return false;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    return true;
  }

  /**
   * Stops the process as it is; what is returned ends the stop and says whether the process lived to see it. Other stops
   * of the same process may go on. Undefined: there is no process.
   */
  freeze(): (() => boolean) | undefined {
    const { held } = this;
    if (!held || !this.running() || !held.child.kill('SIGSTOP')) return undefined;
    held.stops += 1;
    return () => {
      held.stops -= 1;
      if (hasEnded(held.child)) return false;
      if (held.stops === 0) held.child.kill('SIGCONT');
      return true;
    };
  }

  /** SIGTERM; the exit code, or null when it did not end in time and was killed. */
  async stop(): Promise<number | null> {
    this.turn += 1;
    const child = this.running();
    if (!child) return 0;
    if (this.held && this.held.stops > 0) child.kill('SIGCONT');
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill('SIGTERM');
    const late = new AbortController();
    const timeout = wait(STOP_TIMEOUT_MS, undefined, { signal: late.signal, ref: false }).catch(() => undefined);
    const first = await Promise.race([exited, timeout]);
    late.abort();
    if (first === undefined) await this.kill();
    return first?.[0] ?? null;
  }

  async close(): Promise<void> {
    await this.kill();
    closeSync(this.log);
  }

  private async tryToStart(turn: number): Promise<boolean> {
    const child = this.spawn();
    this.held = { child, stops: 0 };
    const fromMs = Date.now();
    let isServing = false;
    child.once('exit', (code, signal) => {
      if (turn !== this.turn) return;
      const how = String(code ?? signal);
      if (isServing) this.endedByItself(how);
      else this.options.onFailedStart({ server: this.name, fromMs, untilMs: Date.now(), why: `ended with ${how}` });
    });
    const giveUpMs = performance.now() + START_TIMEOUT_MS;
    while (!hasEnded(child)) {
      if (performance.now() > giveUpMs) child.kill('SIGKILL');
      isServing = await isAlive(this.url);
      if (isServing) return true;
      await wait(LOOK_MS);
    }
    return false;
  }

  private running(): ChildProcess | undefined {
    const child = this.held?.child;
    return child && !hasEnded(child) ? child : undefined;
  }

  /** A server that gives up is a finding; the others go on, and so does its place. */
  private endedByItself(code: string): void {
    this.options.onUnexpectedEnd(`${this.name} ended by itself with ${code}`);
    void this.start();
  }

  private spawn(): ChildProcess {
    const { main, role, port, environment, preload } = this.options;
    const files = [join(PRELOAD, 'leash.cjs'), join(PRELOAD, 'skewed-clock.cjs'), ...preload];
    const child = spawn(process.execPath, [...files.flatMap((file) => ['--require', file]), main], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        PORT: String(port),
        ROLE: role,
        LOG_LEVEL: 'warn',
        CHAOS_SKEW_MS: String(this.skewMs),
        ...environment,
      },
      // Into the file itself: a pipe to a harness that was killed would stop the process at its next line.
      stdio: ['pipe', this.log, this.log],
    });
    child.stdin?.on('error', () => undefined);
    return child;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Whether a server answers there; a process that is frozen meanwhile does not. */
async function isAlive(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Not yet.
    return false;
  }
}
