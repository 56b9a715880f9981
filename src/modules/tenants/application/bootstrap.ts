import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppConfig } from '../../../platform/config/app-config.js';
import type { Database } from '../../../platform/database/database.js';
import { newId } from '../../../platform/database/ids.js';
import { ApiKeysRepository } from '../persistence/api-keys.repository.js';
import { TenantsRepository } from '../persistence/tenants.repository.js';
import { hashSecret, newSecret, prefixOf } from './api-key-secret.js';
import { ROLES } from '../roles.js';

const KEY_FILE = 'admin-api-key';

/** What the operator is told at start. */
export interface Bootstrapped {
  readonly adminKey: string;
  /** Where the key is kept; undefined when ADMIN_API_KEY gave it. */
  readonly keyFile: string | undefined;
  /** Whether the key was drawn at this start. */
  readonly created: boolean;
}

/**
 * Makes sure that the installation has its tenant and one admin key that its operator knows: ADMIN_API_KEY, or a key
 * drawn once and kept in the data directory (mode 0600). Replicas that start together agree through a lock.
 */
export async function bootstrapTenant(database: Database, config: AppConfig): Promise<Bootstrapped> {
  const bootstrapped = readOrCreateKey(config);
  const { adminKey } = bootstrapped;
  const tenants = new TenantsRepository(database);
  const keys = new ApiKeysRepository(database);
  await database.transaction(async (tx) => {
    const first = await tenants.findFirstLocked(tx);
    const tenantId = first?.id ?? newId();
    if (!first) {
      await tenants.insert(tx, {
        id: tenantId,
        name: 'Pontual',
        timeZone: config.defaultTimeZone,
        defaultCountry: config.defaultCountry,
      });
    }
    const secretHash = hashSecret(adminKey);
    await keys.insert(tx, {
      tenantId,
      id: newId(),
      name: 'admin',
      role: ROLES.ADMIN,
      prefix: prefixOf(adminKey),
      secretHash,
    });
  });
  return bootstrapped;
}

/** A further tenant with its own admin key. */
export async function createTenant(
  database: Database,
  config: AppConfig,
  name: string,
): Promise<{ tenantId: string; adminKey: string }> {
  const tenantId = newId();
  const adminKey = newSecret();
  await database.transaction(async (tx) => {
    await new TenantsRepository(database).insert(tx, {
      id: tenantId,
      name,
      timeZone: config.defaultTimeZone,
      defaultCountry: config.defaultCountry,
    });
    await new ApiKeysRepository(database).insert(tx, {
      tenantId,
      id: newId(),
      name: 'admin',
      role: ROLES.ADMIN,
      prefix: prefixOf(adminKey),
      secretHash: hashSecret(adminKey),
    });
  });
  return { tenantId, adminKey };
}

function readOrCreateKey(config: AppConfig): Bootstrapped {
  if (config.adminApiKey !== undefined) return { adminKey: config.adminApiKey, keyFile: undefined, created: false };
  mkdirSync(config.dataDir, { recursive: true });
  const keyFile = join(config.dataDir, KEY_FILE);
  let created = false;
  if (!existsSync(keyFile)) {
    try {
      writeFileSync(keyFile, `${newSecret()}\n`, { mode: 0o600, flag: 'wx' });
      created = true;
    } catch (error) {
      // Another process of this data directory was first: its key counts.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return { adminKey: readFileSync(keyFile, 'utf8').trim(), keyFile, created };
}
