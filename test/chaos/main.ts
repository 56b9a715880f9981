import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startOwnDatabase } from './database.js';
import { calmControlPlan, CONTROL_SEED, controlPlan, fullPlan, type ChaosPlan } from './plan.js';
import { compileProgram, type CompiledProgram } from './program.js';
import { describeReport } from './report.js';
import { chaosFolder, runChaos, type ChaosReport } from './run.js';
import { describeFault } from './fault.js';
import { timetableOf } from './timetable.js';

const USAGE = `npm run chaos -- [--minutes 10] [--seeds 3] [--seed 1] [--control]
  --minutes  how long faults last, for each seed
  --seeds    how many runs; their seeds are numbers from --seed on
  --seed     the first seed; with --seeds 1 it replays one run
  --control  only the control: servers that are known to be wrong must be found out\n`;

interface Options {
  readonly minutes: number;
  readonly seeds: readonly string[];
  readonly onlyControl: boolean;
}

async function main(options: Options, signal: AbortSignal): Promise<boolean> {
  const program = await compileProgram();
  try {
    return await allRuns(options, program, signal);
  } finally {
    await program.remove();
  }
}

async function allRuns(options: Options, program: CompiledProgram, signal: AbortSignal): Promise<boolean> {
  let isFine = true;
  for (const seed of options.onlyControl ? [] : options.seeds) {
    const report = await oneRun(fullPlan(seed, options.minutes), program, signal);
    if (report.violations.length === 0) continue;
    isFine = false;
    say(`Replay it with: npm run chaos -- --minutes ${options.minutes} --seeds 1 --seed ${seed}\n`);
  }
  return (await isFoundOut(program, signal)) && isFine;
}

/** Whether servers without intent and token are found out, and because of what went wrong. */
async function isFoundOut(program: CompiledProgram, signal: AbortSignal): Promise<boolean> {
  const duplicatesOf = async (plan: ChaosPlan): Promise<number> => {
    const { violations } = await oneRun(plan, program, signal);
    return violations.filter((violation) => violation.invariant === 'I9').length;
  };
  const found = await duplicatesOf(controlPlan(CONTROL_SEED));
  const without = await duplicatesOf(calmControlPlan(CONTROL_SEED));
  say(`The control found ${found} duplicates of AT_MOST_ONCE, and ${without} where nothing went wrong.\n`);
  if (found <= without) say('The faults must bring more: a harness that sees nothing proves nothing.\n');
  return found > without;
}

async function oneRun(plan: ChaosPlan, program: CompiledProgram, signal: AbortSignal): Promise<ChaosReport> {
  const folder = await chaosFolder();
  const database = await startOwnDatabase();
  let isOfUse = true;
  try {
    say(`\nSeed ${plan.seed}${plan.naive ? ', control' : ''}. What goes wrong when:\n`);
    for (const fault of timetableOf(plan, true)) say(`${describeFault(fault)}\n`);
    const report = await runChaos(plan, { program, database, folder, signal });
    say(`\n${describeReport(report)}\n`);
    isOfUse = report.violations.length > 0 && !plan.naive;
    return report;
  } finally {
    await database.close();
    if (isOfUse && !signal.aborted) say(`Ledger, logs and evidence are kept in ${folder}\n`);
    else await rm(folder, { recursive: true, force: true });
  }
}

function say(text: string): void {
  process.stdout.write(text);
}

function read(): Options | undefined {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seeds: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      control: { type: 'boolean', default: false },
    },
  });
  const numbers = [values.minutes, values.seeds, values.seed].map(Number);
  const [minutes = 0, seeds = 0, seed = 0] = numbers;
  const isValid =
    minutes > 0 && minutes <= 600 && [seeds, seed].every((each) => Number.isSafeInteger(each) && each > 0);
  if (!isValid) return undefined;
  return {
    minutes,
    seeds: Array.from({ length: seeds }, (_, index) => String(seed + index)),
    onlyControl: values.control,
  };
}

const options = read();
if (options === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupt.abort(new Error(name)));
  main(options, interrupt.signal).then(
    (isFine) => (process.exitCode = isFine ? 0 : 1),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
