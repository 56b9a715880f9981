import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';

interface Explanation {
  readonly summary: string;
  readonly earliestSendAt: string | null;
  readonly gates: readonly { readonly kind: string; readonly blocking: boolean; readonly until: string | null }[];
}

describe('why a delivery has not gone where nothing sends', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
  });
  afterAll(() => app.close());

  it('is that, until a process that sends is there', async () => {
    await app.data('mutation { createChannel(input: { name: "Vendas", simulator: {} }) { id } }');
    const { sendMessage } = await app.data<{ sendMessage: { deliveries: readonly { id: string }[] } }>(
      'mutation { sendMessage(input: { content: "Olá", to: ["+5565981230001"] }) { deliveries { id } } }',
    );
    const explain = async (): Promise<Explanation> => {
      const { delivery } = await app.data<{ delivery: { explanation: Explanation } }>(
        'query ($id: ID!) { delivery(id: $id) { explanation { summary earliestSendAt gates { kind blocking until } } } }',
        { id: sendMessage.deliveries[0]?.id },
      );
      return delivery.explanation;
    };
    const off = await explain();
    expect(off).toMatchObject({
      summary: 'Nothing is sent at present: no process that sends is running.',
      earliestSendAt: null,
    });
    expect(off.gates[0]).toEqual({ kind: 'PROCESSING_OFF', blocking: true, until: null });
    const worker = new Client({ connectionString: app.databaseUrl, application_name: 'pontual-worker' });
    await worker.connect();
    expect((await explain()).summary).toBe('Nothing holds it back: it goes now.');
    await worker.end();
  });
});
