/** Something that takes nanoseconds or microseconds. */
export interface MicroTask {
  readonly name: string;
  /** Does it once; `index` counts the calls. What it returns is used, so that no compiler leaves it out. */
  readonly work: (index: number) => unknown;
  /** One call counts as so many, when it does the same for many at once. */
  readonly times?: number;
}

/** Nanoseconds of one call, round by round. */
export type MicroTimes = ReadonlyMap<string, readonly number[]>;

interface Sizing {
  readonly warmUpMs: number;
  readonly roundMs: number;
  readonly rounds: number;
}

/** Where results go. */
const sink: { last: unknown } = { last: undefined };

/** Measures the tasks in turn, and that several times: what the machine does besides meets all of them alike. */
export function measure(tasks: readonly MicroTask[], sizing: Sizing): MicroTimes {
  const calls = new Map(tasks.map((task) => [task.name, callsWithin(task, sizing)]));
  const times = new Map<string, number[]>(tasks.map((task) => [task.name, []]));
  for (let round = 0; round < sizing.rounds; round += 1) {
    for (const task of tasks) {
      const count = calls.get(task.name) ?? 1;
      times.get(task.name)?.push((spentMsOn(task, count) * 1e6) / (count * (task.times ?? 1)));
    }
  }
  return times;
}

/** Runs a task until it is compiled, and returns how often it fits into a round. */
function callsWithin(task: MicroTask, { warmUpMs, roundMs }: Sizing): number {
  let count = 1;
  for (let spentMs = 0; ;) {
    const ms = spentMsOn(task, count);
    spentMs += ms;
    if (spentMs >= warmUpMs) return Math.max(1, Math.round((count * roundMs) / Math.max(ms, 0.001)));
    if (ms < roundMs) count *= 2;
  }
}

/** CPU time, not time on the wall: what others do on the machine counts as little as may be. */
function spentMsOn({ work }: MicroTask, count: number): number {
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) sink.last = work(index);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
