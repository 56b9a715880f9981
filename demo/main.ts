import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ask, openSocket, type Server } from './api.js';
import { percentile, Progress } from './progress.js';
import { openServer } from './server.js';

const GROUP = 'Demonstração';
const LEAD_MS = 10_000;
/** Read receipts of the simulator come about six seconds after the message; then nothing changes any more. */
const QUIET_MS = 8_000;
const GIVE_UP_MS = 180_000;

const VARIATIONS = [
  'Bom dia, {apelido}! O boletim de {cultura} de {cidade} saiu agora há pouco.',
  'Olá {nome}, tudo bem? Já está no ar o boletim de {cultura} para {cidade}.',
  '{apelido}, o preço de {cultura} em {cidade} mudou. Quer o boletim de hoje?',
];

interface Delivery {
  readonly id: string;
  readonly status: string;
  readonly content: string;
  readonly dueAt: string;
  readonly sentAt: string | null;
  readonly attempts: readonly { readonly startedAt: string }[];
  readonly contact: { readonly name: string } | null;
}

async function main(): Promise<void> {
  const server = await openServer();
  try {
    await run(server);
  } finally {
    await server.close();
  }
}

async function run(server: Server): Promise<void> {
  const groupId = await importContacts(server);
  const channelId = await createChannel(server);
  const dueAt = new Date(Date.now() + LEAD_MS);
  const { createSchedule: schedule } = await ask<{ createSchedule: { id: string } }>(
    server,
    'mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id } }',
    {
      input: {
        name: `Boletim de demonstração, ${dueAt.toISOString()}`,
        message: { title: 'Boletim', content: VARIATIONS[0], variations: VARIATIONS },
        channelId,
        type: 'FUTURE',
        scheduledAt: dueAt.toISOString(),
        targetGroupIds: [groupId],
        retryPolicy: { maxAttempts: 3, backoff: 'FIXED', initialSeconds: 3, jitter: false },
      },
    },
  );
  console.log(
    `Scheduled for ${dueAt.toISOString()}, three variations. Watching each delivery over the subscription …\n`,
  );
  await follow(server, schedule.id, dueAt);
  await report(server, schedule.id);
}

async function importContacts(server: Server): Promise<string> {
  const content = readFileSync(join('examples', 'contatos.csv'), 'utf8');
  const { importContacts: imported } = await ask<{
    importContacts: {
      created: number;
      updated: number;
      unchanged: number;
      duplicates: number;
      rejected: { line: number; reason: string }[];
    };
  }>(
    server,
    `mutation ($input: ImportContactsInput!) { importContacts(input: $input) {
       created updated unchanged duplicates rejected { line reason } } }`,
    { input: { format: 'CSV', content } },
  );
  const { created, updated, unchanged, duplicates, rejected } = imported;
  console.log(
    `examples/contatos.csv: ${created} created, ${updated} updated, ${unchanged} unchanged, ${duplicates} double, ${rejected.length} rejected:`,
  );
  for (const { line, reason } of rejected) console.log(`  line ${line}: ${reason}`);
  const { contactGroups } = await ask<{
    contactGroups: { nodes: { id: string; name: string; memberCount: number }[] };
  }>(server, '{ contactGroups(first: 100) { nodes { id name memberCount } } }');
  const group = contactGroups.nodes.find(({ name }) => name === GROUP);
  if (!group) throw new Error(`the group ${GROUP} was not found after the import`);
  console.log(`Group "${group.name}": ${group.memberCount} contacts.`);
  return group.id;
}

async function createChannel(server: Server): Promise<string> {
  const { createChannel: channel } = await ask<{ createChannel: { id: string } }>(
    server,
    'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id } }',
    {
      input: {
        name: `Simulador ${new Date().toISOString()}`,
        simulator: {
          latencyMs: 250,
          latencyJitterMs: 150,
          failureRate: 0.05,
          deliveredAfterMs: 1500,
          readAfterMs: 6000,
          readRate: 0.6,
        },
        rateLimit: { perMinute: 6000, burst: 250, perContactPerMinute: 10 },
      },
    },
  );
  return channel.id;
}

/** Draws the bar until nothing waits any more and the receipts have had their time. */
async function follow(server: Server, scheduleId: string, dueAt: Date): Promise<void> {
  const { schedule } = await ask<{ schedule: { targetGroups: { memberCount: number }[] } }>(
    server,
    'query ($id: ID!) { schedule(id: $id) { targetGroups { memberCount } } }',
    { id: scheduleId },
  );
  const total = schedule.targetGroups.reduce((sum, group) => sum + group.memberCount, 0);
  const progress = new Progress(total, process.stdout.isTTY);
  const socket = openSocket(server);
  const updates = socket.iterate<{ deliveryUpdated: { delivery: { id: string }; status: string } }>({
    query: 'subscription ($id: ID!) { deliveryUpdated(filter: { scheduleId: $id }) { status delivery { id } } }',
    variables: { id: scheduleId },
  });
  const reading = (async () => {
    for await (const { data } of updates) {
      if (data) progress.set(data.deliveryUpdated.delivery.id, data.deliveryUpdated.status);
    }
  })();
  const giveUpAt = dueAt.getTime() + GIVE_UP_MS;
  let last = '';
  let unchangedSince = Date.now();
  while (Date.now() < giveUpAt) {
    const untilDue = Math.ceil((dueAt.getTime() - Date.now()) / 1000);
    progress.draw(untilDue > 0 ? `due in ${untilDue} s` : '');
    const statistics = await countsOf(server, scheduleId);
    const now = JSON.stringify(statistics);
    const waiting = (statistics.pending ?? 0) + (statistics.sending ?? 0);
    if (now !== last || waiting > 0 || untilDue > 0) unchangedSince = Date.now();
    last = now;
    if (statistics.total !== 0 && Date.now() - unchangedSince > QUIET_MS) break;
    await wait(500);
  }
  progress.draw('done');
  process.stdout.write('\n\n');
  await socket.dispose();
  await reading.catch(() => undefined);
}

async function countsOf(server: Server, scheduleId: string): Promise<Record<string, number>> {
  const { schedule } = await ask<{ schedule: { statistics: Record<string, number> } }>(
    server,
    `query ($id: ID!) { schedule(id: $id) { statistics {
       total pending sending sent delivered read failed uncertain cancelled expired suppressed } } }`,
    { id: scheduleId },
  );
  return schedule.statistics;
}

async function report(server: Server, scheduleId: string): Promise<void> {
  const counts = await countsOf(server, scheduleId);
  console.log('By status:');
  for (const [status, count] of Object.entries(counts)) if (count > 0) console.log(`  ${status.padEnd(11)} ${count}`);
  const deliveries = await allDeliveries(server, scheduleId);
  const late = deliveries
    .flatMap(({ dueAt, attempts }) =>
      attempts.slice(0, 1).map(({ startedAt }) => Date.parse(startedAt) - Date.parse(dueAt)),
    )
    .sort((a, b) => a - b);
  console.log(
    `\nLateness, from the due instant to the first call: p50 ${percentile(late, 0.5)} ms, p99 ${percentile(late, 0.99)} ms`,
  );
  console.log('\nWhat five of them got:');
  for (const delivery of deliveries.filter(({ sentAt }) => sentAt !== null).slice(0, 5)) {
    console.log(`  ${delivery.contact?.name ?? '?'}: ${delivery.content}`);
  }
}

async function allDeliveries(server: Server, scheduleId: string): Promise<Delivery[]> {
  const all: Delivery[] = [];
  let after: string | null = null;
  do {
    const page: {
      schedule: { deliveries: { nodes: Delivery[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
    } = await ask(
      server,
      `query ($id: ID!, $after: String) { schedule(id: $id) { deliveries(first: 100, after: $after) {
         nodes { id status content dueAt sentAt attempts { startedAt } contact { name } } pageInfo { hasNextPage endCursor } } } }`,
      { id: scheduleId, after },
    );
    all.push(...page.schedule.deliveries.nodes);
    after = page.schedule.deliveries.pageInfo.hasNextPage ? page.schedule.deliveries.pageInfo.endCursor : null;
  } while (after !== null);
  return all;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
