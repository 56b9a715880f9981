import { createHash } from 'node:crypto';
import { newId } from '../../src/platform/database/ids.js';
import { rowsOf } from './postgres.js';

/*
 * Rows as the program writes them, made by the database itself, a million in seconds. Ids are numbers in the form of a
 * UUIDv7, so that they rise as the program's do and every statement can name them without a join.
 */

/** A tenant by its id and by the number that the ids of its rows are made of. */
export interface SeededTenant {
  readonly id: string;
  readonly number: number;
}

/** A channel with its lane. */
export interface SeededChannel {
  readonly tenant: SeededTenant;
  readonly id: string;
}

/** Numbers that a tenant's rows of one kind have at most. */
const PER_TENANT = 1_000_000;

/** The kinds of rows that have ids. */
const KINDS = ['tenant', 'key', 'contact', 'channel'] as const;
const EVERY = `unnest($1::uuid[], $2::bigint[]) AS t (id, number)`;

/** SQL of the id that a number has among rows of a kind. */
export function idSql(kind: (typeof KINDS)[number] | number, number: string): string {
  const place = typeof kind === 'number' ? KINDS.length + kind : KINDS.indexOf(kind);
  return `('019${place.toString(16).padStart(5, '0')}000070008000' || lpad(to_hex((${number})::bigint), 12, '0'))::uuid`;
}

/** Runs a statement without the checks of foreign keys and without waiting for the disk. */
export function seed<Row = unknown>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const seeding = new URL(url);
  seeding.searchParams.set('options', '-c session_replication_role=replica -c synchronous_commit=off');
  return rowsOf<Row>(seeding.href, text, values);
}

/** The tenant that the program makes at its first start. */
export async function firstTenant(url: string): Promise<SeededTenant> {
  const [row] = await rowsOf<{ id: string }>(url, 'SELECT id FROM tenants ORDER BY created_at LIMIT 1');
  return { id: row?.id ?? '', number: 0 };
}

/** The admin key of a seeded tenant. */
export function keyOf(tenant: SeededTenant): string {
  return `bench-tenant-key-${String(tenant.number).padStart(10, '0')}`;
}

/** Tenants, numbered from 1, each with an admin key (see {@link keyOf}). */
export async function seedTenants(url: string, count: number): Promise<SeededTenant[]> {
  const tenants = await seed<SeededTenant>(
    url,
    `INSERT INTO tenants (id, name, time_zone, default_country)
     SELECT ${idSql('tenant', 'n')}, 'Tenant ' || n, 'America/Cuiaba', 'BR' FROM generate_series(1, $1::int) AS n
     RETURNING id, substr(name, 8)::int AS number`,
    [count],
  );
  const hashes = tenants.map((tenant) => createHash('sha256').update(keyOf(tenant)).digest());
  await seed(
    url,
    `INSERT INTO api_keys (tenant_id, id, name, role, prefix, secret_hash)
     SELECT t.id, ${idSql('key', 't.number')}, 'admin', 'ADMIN', 'bench', h.hash
       FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS h (tenant_id, number, hash)
       JOIN (SELECT id, number FROM ${EVERY}) t ON t.id = h.tenant_id`,
    [...columnsOf(tenants), hashes],
  );
  return tenants;
}

/** `each` contacts for every tenant, who can be named by {@link contactIdSql}. */
export async function seedContacts(url: string, tenants: readonly SeededTenant[], each: number): Promise<void> {
  await seed(
    url,
    `INSERT INTO contacts (tenant_id, id, name, phone, phone_key, city, search_text)
     SELECT t.id, ${contactIdSql('t.number', 'c')}, 'Contato ' || c, '+55659' || (80000000 + c), '+55659' || (80000000 + c), 'Cuiabá',
            'contato ' || c || E'\\n55659' || (80000000 + c)
       FROM ${EVERY} CROSS JOIN generate_series(0, $3::int - 1) AS c`,
    [...columnsOf(tenants), each],
  );
}

/** A group of `count` contacts of a tenant, from the place `first` on; returns its id. */
export async function seedGroup(
  url: string,
  tenant: SeededTenant,
  { first, count }: { readonly first: number; readonly count: number },
): Promise<string> {
  const groupId = newId();
  await seed(url, `INSERT INTO contact_groups (tenant_id, id, name) VALUES ($1, $2, 'Grupo ' || $2::uuid)`, [
    tenant.id,
    groupId,
  ]);
  await seed(
    url,
    `INSERT INTO group_memberships (tenant_id, group_id, contact_id)
     SELECT $1, $3, ${contactIdSql('$2::bigint', 'c')} FROM generate_series($4::int, $4::int + $5::int - 1) AS c`,
    [tenant.id, tenant.number, groupId, first, count],
  );
  return groupId;
}

/** `each` channels for every tenant, at a simulator that answers at once; as fast as channels can be unless said. */
export async function seedChannels(
  url: string,
  tenants: readonly SeededTenant[],
  each: number,
  limits: { readonly perMinute: number; readonly burst: number } = { perMinute: 60_000, burst: 10_000 },
): Promise<SeededChannel[]> {
  const rows = await seed<{ id: string; tenantId: string }>(
    url,
    `INSERT INTO channels (tenant_id, id, name, gateway, status, settings, time_zone, per_minute, burst, per_contact_per_minute)
     SELECT t.id, ${idSql('channel', `t.number * ${PER_TENANT} + c`)}, 'Canal ' || c, 'SIMULATOR', 'ACTIVE', $4::jsonb,
            'America/Cuiaba', $5, $6, 60000
       FROM ${EVERY} CROSS JOIN generate_series(1, $3::int) AS c RETURNING id, tenant_id AS "tenantId"`,
    [...columnsOf(tenants), each, JSON.stringify(INSTANT), limits.perMinute, limits.burst],
  );
  await seed(
    url,
    'INSERT INTO channel_lanes (tenant_id, channel_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING',
    [rows.map((row) => row.tenantId), rows.map((row) => row.id)],
  );
  const byId = new Map(tenants.map((tenant) => [tenant.id, tenant]));
  return rows.map(({ id, tenantId }) => ({ id, tenant: byId.get(tenantId) ?? { id: tenantId, number: 0 } }));
}

/** SQL of the contact that has the place `place` among those of the tenant with this number. */
export function contactIdSql(tenantNumber: string, place: string): string {
  return idSql('contact', `${tenantNumber} * ${PER_TENANT} + ${place}`);
}

const INSTANT = {
  latencyMs: 0,
  latencyJitterMs: 0,
  failureRate: 0,
  uncertainRate: 0,
  deliveredAfterMs: null,
  readAfterMs: null,
  readRate: 0,
};

function columnsOf(tenants: readonly SeededTenant[]): [string[], number[]] {
  return [tenants.map((tenant) => tenant.id), tenants.map((tenant) => tenant.number)];
}
