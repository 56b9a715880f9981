import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import { errorFacts, Logger } from '../../../platform/logging/logger.js';
import { ApiKeysRepository, type KeyOwner } from '../persistence/api-keys.repository.js';
import { hashSecret } from './api-key-secret.js';

/** A revoked key works this long at most, also on an open WebSocket. */
const CACHE_MS = 5_000;
const CACHE_SIZE = 10_000;
const TOUCH_EVERY_MS = 60_000;

interface Cached {
  readonly owner: Promise<KeyOwner | undefined>;
  readonly untilMs: number;
}

/** Turns the Authorization value into the key's owner. */
@Injectable()
export class AuthenticationService implements OnModuleDestroy {
  private readonly cache = new Map<string, Cached>();
  private readonly used = new Set<string>();
  private lastTouchMs = Number.NEGATIVE_INFINITY;
  private touching: Promise<void> = Promise.resolve();

  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** The owner of "Bearer <key>", undefined when there is no such active key. */
  async authenticate(authorization: string | undefined): Promise<KeyOwner | undefined> {
    const secret = /^Bearer\s+(\S+)$/i.exec(authorization?.trim() ?? '')?.[1];
    if (secret === undefined) return undefined;
    const owner = await this.lookUp(hashSecret(secret));
    if (owner) this.noteUse(owner.keyId);
    return owner;
  }

  /** Forgets what is known of the keys, so that a key revoked on this replica stops at once. */
  forget(): void {
    this.cache.clear();
  }

  async onModuleDestroy(): Promise<void> {
    await this.touching;
  }

  private lookUp(hash: Buffer): Promise<KeyOwner | undefined> {
    const now = this.clock.monotonicMs();
    const key = hash.toString('base64');
    const cached = this.cache.get(key);
    if (cached && cached.untilMs > now) return cached.owner;
    // Wrong keys are remembered too, so a flood of guesses costs memory that is bounded and few look-ups.
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    const owner = this.keys.findActiveByHash(hash);
    this.cache.set(key, { owner, untilMs: now + CACHE_MS });
    owner.catch(() => this.cache.delete(key));
    return owner;
  }

  private noteUse(keyId: string): void {
    this.used.add(keyId);
    const now = this.clock.monotonicMs();
    if (now - this.lastTouchMs < TOUCH_EVERY_MS) return;
    this.lastTouchMs = now;
    const keyIds = [...this.used];
    this.used.clear();
    // lastUsedAt is a convenience: a request must not wait for it, nor fail with it.
    this.touching = this.keys
      .touch(keyIds)
      .catch((error: unknown) => this.logger.warn('api-key.touch-failed', errorFacts(error)));
  }
}
