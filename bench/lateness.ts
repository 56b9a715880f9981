import { createWebhookChannel, phoneOf, type ApiClient } from '../test/support/api-client.js';
import { startLedgerGateway } from '../test/support/ledger-gateway.js';
import type { BenchOptions } from './main.js';
import { withServer } from './server.js';

const LEAD_MS = 6_000;
const SPACING_MS = 100;

/**
 * How late a delivery reaches its gateway on an idle server: every delivery has its own schedule and its own instant,
 * one each 100 ms. From the due instant to the arrival of the request at a local HTTP server, by the same clock.
 */
export async function lateness({ small }: BenchOptions): Promise<void> {
  await withServer((api) => measure(api, small ? 5 : 200));
}

async function measure(api: ApiClient, count: number): Promise<void> {
  const gateway = await startLedgerGateway();
  try {
    const channelId = await createWebhookChannel(api, { url: gateway.url });
    const startMs = Date.now() + LEAD_MS + count * 10;
    const dueOf = new Map<string, number>();
    for (let index = 0; index < count; index += 1) {
      const phone = phoneOf(index);
      const dueMs = startMs + index * SPACING_MS;
      dueOf.set(phone, dueMs);
      await scheduleOne(api, channelId, `Aviso ${index}`, phone, dueMs);
    }
    if (Date.now() > startMs - 2_000)
      throw new Error('the schedules were made too slowly to measure the first of them');
    await gateway.reached(count);
    const late = gateway.entries.map((entry) => entry.atMs - (dueOf.get(entry.to) ?? 0)).sort((a, b) => a - b);
    const at = (share: number): string => (late[Math.max(0, Math.ceil(share * late.length) - 1)] ?? 0).toFixed(2);
    console.log(
      `lateness: ${count} deliveries, one each ${SPACING_MS} ms, idle server: ` +
        `min ${at(0)} ms, p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`,
    );
  } finally {
    await gateway.close();
  }
}

async function scheduleOne(
  api: ApiClient,
  channelId: string,
  name: string,
  phone: string,
  dueMs: number,
): Promise<void> {
  const { createContact: contact } = await api.data<{ createContact: { id: string } }>(
    'mutation ($input: CreateContactInput!) { createContact(input: $input) { id } }',
    { input: { name, phone } },
  );
  const input = {
    name,
    message: { title: 'Aviso', content: 'Olá {nome}' },
    channelId,
    type: 'FUTURE',
    targetContactIds: [contact.id],
    scheduledAt: new Date(dueMs).toISOString(),
  };
  await api.data('mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id } }', { input });
}
