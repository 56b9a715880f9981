import { createGroupSchedule, createWebhookChannel, importAudience, progressOf } from '../test/support/api-client.js';
import { eventually } from '../test/support/eventually.js';
import { startLedgerGateway } from '../test/support/ledger-gateway.js';
import type { BenchOptions } from './main.js';
import { withServer } from './server.js';

/** How long cancelSchedule takes while 50,000 deliveries wait and ten a second go, and what goes out after its answer. */
export async function cancel({ small }: BenchOptions): Promise<void> {
  const count = small ? 500 : 50_000;
  await withServer(async (api) => {
    const gateway = await startLedgerGateway();
    try {
      const groupId = await importAudience(api, 'todos', count);
      const channelId = await createWebhookChannel(api, { url: gateway.url }, { perMinute: 600, burst: 10 });
      const createdMs = performance.now();
      const scheduleId = await createGroupSchedule(api, { groupId, channelId });
      await eventually(async () => (await progressOf(api, scheduleId)).statistics.total === count, 120_000);
      const materialisedMs = performance.now() - createdMs;
      const startedMs = performance.now();
      await api.data('mutation ($id: ID!) { cancelSchedule(id: $id) { status } }', { id: scheduleId });
      const answeredMs = performance.now() - startedMs;
      const called = gateway.entries.length;
      const { statistics } = await progressOf(api, scheduleId);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      console.log(
        `cancel: ${count} deliveries materialised in ${materialisedMs.toFixed(0)} ms; cancelled in ${answeredMs.toFixed(0)} ms ` +
          `(${statistics.cancelled} cancelled, ${called} had been called); calls in the 2 s after the answer: ${gateway.entries.length - called}`,
      );
    } finally {
      await gateway.close();
    }
  });
}
