import { randomBytes } from 'node:crypto';
import { GATEWAY_FACTORIES } from '../../src/gateways/factories.js';
import { ChannelDefaults } from '../../src/modules/channels/application/channel-defaults.js';
import { ChannelEditingService } from '../../src/modules/channels/application/channel-editing.service.js';
import { ChannelSettings } from '../../src/modules/channels/application/channel-settings.js';
import { ChannelsService } from '../../src/modules/channels/application/channels.service.js';
import { ChannelsRepository } from '../../src/modules/channels/persistence/channels.repository.js';
import { ContactRatesRepository, LanesRepository, RateLimitService } from '../../src/modules/rate-limit/index.js';
import { TenantsService } from '../../src/modules/tenants/index.js';
import { TenantsRepository } from '../../src/modules/tenants/persistence/tenants.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { parseConfig } from '../../src/platform/config/app-config.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { GatewayRegistry } from '../../src/platform/gateways/gateway-registry.js';
import { InMemoryEventBus } from '../../src/platform/events/in-memory-event-bus.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { SecretBox } from '../../src/platform/secrets/secret-box.js';
import { eventually } from '../support/eventually.js';
import { aSchedule, aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('channels in the database', () => {
  let db: SqlDatabase;
  beforeAll(async () => {
    db = await openSqlDatabase();
  });
  afterAll(() => db.close());

  const setup = (key: Buffer = randomBytes(32)) => {
    const config = parseConfig({});
    if (!config.ok) throw new Error('the defaults must be valid');
    const { database } = db;
    const repository = new ChannelsRepository(database);
    const settings = new ChannelSettings(new GatewayRegistry(GATEWAY_FACTORIES, new SystemClock()), new SecretBox(key));
    const rateLimits = new RateLimitService(
      database,
      new LanesRepository(),
      new ContactRatesRepository(),
      new InMemoryEventBus(),
    );
    const defaults = new ChannelDefaults(config.value, new TenantsService(new TenantsRepository(database)));
    return {
      key,
      channels: new ChannelsService(repository, settings, rateLimits, Logger.create('silent')),
      editing: new ChannelEditingService(database, repository, settings, defaults, rateLimits),
    };
  };
  const create = async (editing: ChannelEditingService, scope: TenantScope, input: object = {}): Promise<string> => {
    const webhook = { url: 'https://example.com', secret: SECRET };
    const made = await editing.create(scope, { name: 'Vendas', webhook, ...input }, []);
    if (!made.ok) throw new Error(JSON.stringify(made.error));
    return made.value.id;
  };
  const openAt = async (channelId: string) =>
    (
      await db.database.query<{ open: boolean }>(
        `SELECT open_at <= clock_timestamp() AS open FROM channel_lanes WHERE channel_id = $1`,
        [channelId],
      )
    )[0]?.open;

  it('tells the dispatcher everything about the live channels of any tenant', async () => {
    const { channels, editing } = setup();
    const [one, two] = [await aTenant(db.database), await aTenant(db.database, { timeZone: 'Europe/Lisbon' })];
    const first = await create(editing, one, { rateLimit: { perMinute: 60, burst: 5, perDay: 9 } });
    const second = await create(editing, two, { webhook: null, simulator: { latencyMs: 0 } });
    const gone = await create(editing, one);
    expect(await editing.delete(one, gone)).toEqual({ ok: true, value: true });
    const profiles = new Map(
      (await channels.sendingProfiles(db.database, [first, second, gone])).map((profile) => [profile.id, profile]),
    );
    expect([...profiles.keys()].sort()).toEqual([first, second].sort());
    expect(profiles.get(first)).toEqual({
      tenantId: one.tenantId,
      id: first,
      version: 1,
      gateway: 'WEBHOOK',
      status: 'ACTIVE',
      settings: {
        url: 'https://example.com/',
        secret: SECRET,
        headers: null,
        timeoutMs: 30_000,
        concurrency: 100,
        idempotent: false,
      },
      rate: { perMinute: 60, burst: 5, perContactPerMinute: null, perDay: 9, minSpacingSeconds: 0 },
      timeZone: 'America/Cuiaba',
      problem: null,
    });
    expect(profiles.get(second)).toMatchObject({
      gateway: 'SIMULATOR',
      timeZone: 'Europe/Lisbon',
      settings: { latencyMs: 0 },
    });
  });

  it('reports a channel whose secrets were sealed with another key as unusable, and the others as they are', async () => {
    const scope = await aTenant(db.database);
    const [before, after] = [setup(), setup()];
    const [lost, fine] = [await create(before.editing, scope), await create(after.editing, scope)];
    const profiles = await after.channels.sendingProfiles(db.database, [lost, fine]);
    expect(profiles.find(({ id }) => id === fine)).toMatchObject({
      status: 'ACTIVE',
      problem: null,
      settings: { secret: SECRET },
    });
    expect(profiles.find(({ id }) => id === lost)).toMatchObject({ status: 'PAUSED', settings: {} });
    expect(profiles.find(({ id }) => id === lost)?.problem).toContain('ENCRYPTION_KEY');
    // Giving the secrets anew makes the channel usable again.
    const webhook = { url: 'https://example.com', secret: SECRET, headers: null };
    expect(await after.editing.update(scope, lost, { webhook }, [])).toMatchObject({ ok: true });
    expect(await after.channels.sendingProfiles(db.database, [lost])).toMatchObject([
      { status: 'ACTIVE', problem: null },
    ]);
  });

  it('does not open secrets that were copied into another channel’s row', async () => {
    const { channels, editing } = setup();
    const scope = await aTenant(db.database);
    const [from, to] = [await create(editing, scope), await create(editing, scope)];
    await db.database.execute(
      'UPDATE channels SET secrets = (SELECT secrets FROM channels WHERE id = $1) WHERE id = $2',
      [from, to],
    );
    expect(await channels.sendingProfiles(db.database, [to])).toMatchObject([{ status: 'PAUSED', settings: {} }]);
  });

  it('opens the circuit of an active channel once, and wakes the lane when it is resumed', async () => {
    const { channels, editing } = setup();
    const scope = await aTenant(db.database);
    const id = await create(editing, scope);
    expect(await channels.openCircuit(db.database, scope.tenantId, id, 'auth: HTTP_401')).toBe(true);
    expect(await channels.openCircuit(db.database, scope.tenantId, id, 'again')).toBe(false);
    expect(await channels.find(scope, id)).toMatchObject({
      status: 'PAUSED',
      statusReason: 'auth: HTTP_401',
      version: 2,
    });
    expect(await openAt(id)).toBe(false);
    expect(await editing.resume(scope, id)).toMatchObject({
      ok: true,
      value: { status: 'ACTIVE', statusReason: null },
    });
    expect(await openAt(id)).toBe(true);
    const other = await aTenant(db.database);
    expect(await channels.openCircuit(db.database, other.tenantId, id, 'not theirs')).toBe(false);
  });

  it('knows the default channel only when there is exactly one to choose', async () => {
    const { channels, editing } = setup();
    const scope = await aTenant(db.database);
    expect(await channels.defaultChannel(scope)).toBeNull();
    const only = await create(editing, scope);
    expect((await channels.defaultChannel(scope))?.id).toBe(only);
    const second = await create(editing, scope);
    expect(await channels.defaultChannel(scope)).toBeNull();
    await editing.delete(scope, second);
    expect((await channels.defaultChannel(scope))?.id).toBe(only);
  });

  it('cannot be deleted from under a schedule that is being made', async () => {
    const { channels, editing } = setup();
    const scope = await aTenant(db.database);
    const id = await create(editing, scope);
    let deleting: ReturnType<ChannelEditingService['delete']> | undefined;
    await db.database.transaction(async (tx) => {
      expect(await channels.keepLive(tx, scope, id)).toBe(true);
      deleting = editing.delete(scope, id);
      await eventually(async () => {
        const waiting = await db.database.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return waiting.length === 1;
      });
      await aSchedule(tx, scope, { channelId: id, status: 'PENDING' });
    });
    expect(await deleting).toMatchObject({ ok: false, error: { kind: 'conflict', current: { openSchedules: 1 } } });
    const gone = await create(editing, scope);
    await editing.delete(scope, gone);
    expect(await db.database.transaction((tx) => channels.keepLive(tx, scope, gone))).toBe(false);
  });

  it('carries the bucket over to new limits instead of waiting out the old rate', async () => {
    const { editing } = setup();
    const scope = await aTenant(db.database);
    const id = await create(editing, scope, { rateLimit: { perMinute: 1, burst: 1 } });
    const secondsUntilFull = async (): Promise<number> => {
      const [row] = await db.database.query<{ seconds: number }>(
        `SELECT (tat_us / 1000000.0 - extract(epoch FROM clock_timestamp()))::float8 AS seconds FROM channel_lanes WHERE channel_id = $1`,
        [id],
      );
      return row?.seconds ?? Number.NaN;
    };
    await db.database.execute(
      `UPDATE channel_lanes SET tat_us = ((extract(epoch FROM clock_timestamp()) + 60) * 1000000)::bigint WHERE channel_id = $1`,
      [id],
    );
    await editing.update(scope, id, { rateLimit: { perMinute: 600, burst: 1 } }, []);
    expect(await secondsUntilFull()).toBeLessThan(1);
  });

  it('lets what waits for its hours be looked at again when they change', async () => {
    const { editing } = setup();
    const scope = await aTenant(db.database);
    const id = await create(editing, scope, { sendingWeekdays: [1] });
    await db.database.execute(
      `UPDATE channel_lanes SET open_at = clock_timestamp() + interval '3 days' WHERE channel_id = $1`,
      [id],
    );
    await editing.update(scope, id, { sendingWeekdays: [1, 2] }, []);
    expect(await openAt(id)).toBe(true);
  });

  it('lets two changes at once both count', async () => {
    const { channels, editing } = setup();
    const scope = await aTenant(db.database);
    const id = await create(editing, scope);
    await Promise.all([
      editing.update(scope, id, { name: 'Suporte' }, []),
      editing.update(scope, id, { timeZone: 'Europe/Lisbon' }, []),
      editing.update(scope, id, { webhook: { url: 'https://example.com/new' } }, []),
    ]);
    expect(await channels.find(scope, id)).toMatchObject({
      name: 'Suporte',
      timeZone: 'Europe/Lisbon',
      settings: { url: 'https://example.com/new', secret: '********' },
      version: 4,
    });
  });

  it('reads the limiters of many channels with a fixed number of statements', async () => {
    const { channels, editing } = setup();
    const scope = await aTenant(db.database);
    const ids = [await create(editing, scope), await create(editing, scope), await create(editing, scope)];
    await channels.rateLimitStatuses(scope, ids);
    db.takeStatements();
    expect((await channels.rateLimitStatuses(scope, ids)).size).toBe(3);
    expect(db.takeStatements().length).toBeLessThanOrEqual(4);
  });

  it('lets nothing go, says the status, until the pause is over that the provider asked for', async () => {
    const { channels, editing } = setup();
    const scope = await aTenant(db.database);
    const id = await create(editing, scope);
    await new LanesRepository().hold(db.database, { tenantId: scope.tenantId, channelId: id }, 90_000);
    const status = (await channels.rateLimitStatuses(scope, [id])).get(id);
    expect(status).toMatchObject({ channelId: id, availableTokens: 0, sentToday: 0 });
    expect(status?.waitSeconds).toBeGreaterThan(60);
    expect(status?.waitSeconds).toBeLessThanOrEqual(90);
  });
});
