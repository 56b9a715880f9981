import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel has counted for a process and everything below it, since they began. */
export interface Usage {
  /** CPU seconds, user and system, of what lives and of what has ended and was waited for. */
  readonly cpuSeconds: number;
  /** The most memory that the process itself has held at once, in MiB. */
  readonly peakMiB: number;
}

/** Linux counts CPU time in hundredths of a second for every architecture. */
const TICKS_PER_SECOND = 100;

/** From /proc, so on Linux only. */
export function usageOf(pid: number): Usage {
  const ticks = treeOf(pid).reduce((sum, member) => sum + ticksOf(member), 0);
  const peakKiB = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuSeconds: ticks / TICKS_PER_SECOND, peakMiB: Number(peakKiB) / 1024 };
}

/** CPU seconds that the whole machine has spent on work, whosever it was. */
export function machineCpuSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? ''
  )
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND;
}

function treeOf(root: number): number[] {
  const parentOf = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (fields) parentOf.set(Number(name), Number(fields[1]));
  }
  const tree = new Set([root]);
  // Parents do not always have smaller numbers than their children.
  for (let size = 0; size !== tree.size;) {
    size = tree.size;
    for (const [pid, parent] of parentOf) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree];
}

function ticksOf(pid: number): number {
  const fields = statOf(pid);
  // utime, stime, and the same of children that were waited for.
  return fields ? [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0) : 0;
}

/** The fields after the name, which may hold anything; undefined when the process is gone. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
