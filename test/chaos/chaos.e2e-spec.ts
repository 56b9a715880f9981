import { rm } from 'node:fs/promises';
import { shareTestServer } from './database.js';
import { CONTROL_SEED, controlPlan, SHORT_SEED, shortPlan, type ChaosPlan } from './plan.js';
import { compileProgram, type CompiledProgram } from './program.js';
import { describeReport, describeViolations } from './report.js';
import { chaosFolder, runChaos, type ChaosReport } from './run.js';

describe('servers, network and database connections that fail all the time', () => {
  let program: CompiledProgram;
  let right: ChaosReport;
  let control: ChaosReport;

  beforeAll(async () => {
    program = await compileProgram();
    [right, control] = await Promise.all([
      reportOf(shortPlan(SHORT_SEED), program),
      reportOf(controlPlan(CONTROL_SEED), program),
    ]);
    process.stderr.write(`${describeReport(right)}\n\n${describeReport(control)}\n`);
  }, 400_000);

  afterAll(() => program.remove());

  it('break none of the promises', () => {
    expect({ violations: describeViolations(right), evidence: right.folder }).toMatchObject({ violations: 'none' });
  });

  it('have had enough to do, and enough has failed', () => {
    const { figures, faults } = right;
    expect({
      report: describeReport(right),
      enough: figures.deliveries >= 300 && figures.receipts >= 50,
    }).toMatchObject({ enough: true });
    expect(faults.length).toBeGreaterThanOrEqual(8);
  });

  it('are found out when they are made wrong', () => {
    const broken = new Set(control.violations.map((violation) => violation.invariant));
    expect([...broken]).toEqual(expect.arrayContaining(['I8', 'I9', 'I13']));
  });
});

async function reportOf(plan: ChaosPlan, program: CompiledProgram): Promise<ChaosReport> {
  const folder = await chaosFolder();
  const database = await shareTestServer();
  const report = await runChaos(plan, { program, database, folder, signal: new AbortController().signal }).finally(() =>
    database.close(),
  );
  // Of a failure the evidence stays.
  if (plan.naive || report.violations.length === 0) await rm(folder, { recursive: true, force: true });
  return report;
}
