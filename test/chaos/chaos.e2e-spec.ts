import { rm } from 'node:fs/promises';
import { shareTestServer } from './database.js';
import { controlPlan, shortPlan, type ChaosPlan } from './plan.js';
import { describeReport, describeViolations } from './report.js';
import { chaosFolder, runChaos, type ChaosReport } from './run.js';

const SEED = '1';

describe('servers, network and database connections that fail all the time', () => {
  let right: ChaosReport;
  let control: ChaosReport;

  beforeAll(async () => {
    [right, control] = await Promise.all([reportOf(shortPlan(SEED)), reportOf(controlPlan(SEED))]);
  }, 180_000);

  it('break none of the promises', () => {
    expect(describeViolations(right)).toBe('none');
    expect(right.rest).toEqual({ queued: 0, runs: 0, schedules: 0, events: 0, pendingReceipts: 0 });
  });

  it('have had enough to do, and enough has failed', () => {
    const { figures, faults } = right;
    expect({
      report: describeReport(right),
      enough: figures.deliveries >= 300 && figures.receipts >= 50,
    }).toMatchObject({ enough: true });
    expect([...faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(8);
  });

  it('are found out when they are made wrong', () => {
    const broken = new Set(control.violations.map((violation) => violation.invariant));
    expect([...broken]).toEqual(expect.arrayContaining(['I8', 'I9', 'I13']));
  });
});

async function reportOf(plan: ChaosPlan): Promise<ChaosReport> {
  const folder = await chaosFolder();
  const database = await shareTestServer();
  try {
    return await runChaos(plan, database, folder, new AbortController().signal);
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}
