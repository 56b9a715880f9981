import { ManualGatewayClock } from '../../../test/support/manual-gateway-clock.js';
import { json, ScriptedHttpServer } from '../../../test/support/scripted-http-server.js';
import { aSendCommand } from '../../../test/support/send-command.js';
import { checkSignature, signingKey } from '../../platform/secrets/standard-webhooks.js';
import { webhookFactory } from './webhook.gateway.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('WebhookGateway', () => {
  let server: ScriptedHttpServer;
  const closing: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    server = await ScriptedHttpServer.start(json(200, { messageId: 'm-1' }));
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await server.stop();
  });

  const open = (settings: Readonly<Record<string, unknown>> = {}) => {
    const clock = new ManualGatewayClock();
    const gateway = webhookFactory.create({
      tenantId: 't',
      channelId: 'c',
      settings: { url: `${server.url}/in?tenant=a%20b`, ...settings },
      onStatusEvents: () => undefined,
      clock,
    });
    closing.push(() => gateway.close());
    return { gateway, clock };
  };
  const never = new AbortController().signal;

  it('posts the message as JSON with its delivery id as idempotency key', async () => {
    const { gateway } = open();
    const command = aSendCommand({
      attempt: 3,
      text: 'Olá, José! "aspas" 😀',
      type: 'IMAGE',
      attachmentUrl: 'https://example.com/a.png',
      attachmentType: 'image/png',
      clientMessageId: 'cm-1',
    });
    expect(await gateway.send(command, never)).toMatchObject({ kind: 'accepted', gatewayMessageId: 'm-1' });
    const request = server.requests[0];
    expect(request).toMatchObject({ method: 'POST', path: '/in?tenant=a%20b' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': command.deliveryId,
      'user-agent': 'Pontual',
    });
    expect(request?.headers['webhook-signature']).toBeUndefined();
    expect(JSON.parse(request?.body ?? '')).toEqual({
      deliveryId: command.deliveryId,
      attempt: 3,
      channelId: command.channelId,
      to: '+5565999990001',
      contactName: 'Maria Souza',
      type: 'IMAGE',
      text: 'Olá, José! "aspas" 😀',
      attachmentUrl: 'https://example.com/a.png',
      attachmentType: 'image/png',
      clientMessageId: 'cm-1',
    });
  });

  it('adds the template of a TEMPLATE message', async () => {
    const template = { name: 'boas_vindas', language: 'pt_BR' };
    await open().gateway.send(aSendCommand({ type: 'TEMPLATE', template }), never);
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ type: 'TEMPLATE', template });
  });

  it('signs what it sends when it has a secret, with an id that stays and the time of the attempt', async () => {
    const { gateway, clock } = open({ secret: SECRET });
    await gateway.send(aSendCommand(), never);
    clock.advance(60_000);
    await gateway.send(aSendCommand({ attempt: 2 }), never);
    const [first, second] = server.requests;
    const key = signingKey(SECRET) as Buffer;
    for (const request of [first, second]) {
      const check = checkSignature(key, request?.headers ?? {}, Buffer.from(request?.body ?? ''), clock.nowMs());
      expect(check).toBe('valid');
    }
    expect(first?.headers['webhook-id']).toBe(second?.headers['webhook-id']);
    expect(Number(second?.headers['webhook-timestamp']) - Number(first?.headers['webhook-timestamp'])).toBe(60);
  });

  it('sends the headers of its settings, which may name another user agent', async () => {
    await open({ headers: { Authorization: 'Bearer abc', 'User-Agent': 'mine', 'X-A': 'b' } }).gateway.send(
      aSendCommand(),
      never,
    );
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer abc',
      'user-agent': 'mine',
      'x-a': 'b',
    });
  });

  it('says what its settings make it able to do', () => {
    expect(open().gateway.capabilities).toEqual({
      honoursIdempotencyKey: false,
      reportsStatus: false,
      echoesDeliveryId: false,
      maxConcurrentCalls: 100,
      callTimeoutMs: 30_000,
    });
    expect(open({ idempotent: true, secret: SECRET, concurrency: 7, timeoutMs: 500 }).gateway.capabilities).toEqual({
      honoursIdempotencyKey: true,
      reportsStatus: true,
      echoesDeliveryId: false,
      maxConcurrentCalls: 7,
      callTimeoutMs: 500,
    });
  });

  it('cannot be made of settings that are not valid', () => {
    expect(() => open({ url: 'nowhere' })).toThrow(/not valid/);
  });
});
