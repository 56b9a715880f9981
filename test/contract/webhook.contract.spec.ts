import { webhookFactory } from '../../src/gateways/webhook/webhook.gateway.js';
import { json } from '../support/scripted-http-server.js';
import { describeGatewayContract } from './gateway-contract.js';
import { httpHarness } from './http-harness.js';

describeGatewayContract(
  httpHarness({
    factory: webhookFactory,
    settingsFor: (serverUrl) => ({ url: `${serverUrl}/messages`, concurrency: 20 }),
    scripts: {
      accept: (request, response) =>
        json(200, { messageId: `m-${request.headers['idempotency-key'] as string}` })(request, response),
      reject: json(422, { code: 'TEXT_TOO_LONG', message: 'At most 100 characters.' }),
      doubt: json(500, { error: 'oops' }),
      decline: json(503, {}, { 'retry-after': '30' }),
    },
  }),
);
