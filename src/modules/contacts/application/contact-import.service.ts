import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { Database } from '../../../platform/database/database.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { TenantsService } from '../../tenants/index.js';
import { ContactImportRepository } from '../persistence/contact-import.repository.js';
import { ContactsService } from './contacts.service.js';
import { idViolations } from './id-violations.js';
import { ImportPlanner, type ImportPlan } from './import-planner.js';
import { ImportWriter } from './import-writer.js';
import { parseContactsCsv } from './import/parse-contacts-csv.js';
import type { ParsedContacts, RejectedLine } from './import/parsed-contact.js';

/** What a file may be. */
export const IMPORT_FORMATS = { CSV: 'CSV', VCARD: 'VCARD' } as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[keyof typeof IMPORT_FORMATS];

/** A file of 100,000 contacts is about 15 MB. */
const MAX_BYTES = 25 * 1024 * 1024;

/** Contacts a round of statements: few enough that the event loop turns every few milliseconds. */
const CHUNK_SIZE = 1_000;

export interface ImportRequest {
  readonly format: ImportFormat;
  readonly content: string;
  /** Everybody in the file joins this group. */
  readonly groupId?: string | null | undefined;
  /** Report what would happen and change nothing. */
  readonly dryRun?: boolean | null | undefined;
}

/** What an import did, or would do: every line with something in it counts once. */
export interface ImportReport {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly duplicates: number;
  readonly rejected: RejectedLine[];
}

/** Takes over contacts from a file: all of what the report says, or nothing. */
@Injectable()
export class ContactImportService {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsService,
    private readonly contacts: ContactsService,
    private readonly imports: ContactImportRepository,
  ) {}

  async run(scope: TenantScope, request: ImportRequest): Promise<Result<ImportReport, Refusal>> {
    const parsed = await this.parse(scope, request);
    const violations = [
      ...(parsed.ok ? [] : parsed.error),
      ...(await this.groupViolations(this.database, scope, request)),
    ];
    if (!parsed.ok || violations.length > 0) return err(invalid(violations));
    const { contacts, duplicates, rejected } = parsed.value;
    return this.database.transaction(async (tx) => {
      const isDryRun = request.dryRun === true;
      if (!isDryRun) await this.imports.lockTenant(tx, scope);
      // Asked again: the group may be gone since, and from here on it stays.
      const gone = await this.groupViolations(tx, scope, request);
      if (gone.length > 0) return err(invalid(gone));
      const planner = new ImportPlanner(this.imports, tx, scope, request.groupId?.toLowerCase() ?? null, !isDryRun);
      for (const chunk of chunksOf(contacts)) await planner.add(chunk);
      const plan = planner.plan();
      if (!isDryRun) await this.store(tx, scope, plan);
      return ok({
        created: plan.creations.length,
        updated: plan.updates.length,
        unchanged: plan.unchanged,
        duplicates: duplicates + plan.duplicates,
        rejected: [...rejected, ...plan.rejected].sort((a, b) => a.line - b.line),
      });
    });
  }

  private async store(tx: Sql, scope: TenantScope, plan: ImportPlan): Promise<void> {
    const writer = new ImportWriter(this.imports, tx, scope);
    await writer.createGroups(plan.newGroups);
    for (const chunk of chunksOf(plan.creations)) await writer.create(chunk);
    for (const chunk of chunksOf(plan.updates)) await writer.update(chunk);
  }

  private async parse(
    scope: TenantScope,
    { format, content }: ImportRequest,
  ): Promise<Result<ParsedContacts, readonly Violation[]>> {
    if (format !== IMPORT_FORMATS.CSV) {
      return err([{ field: 'input.format', message: 'only CSV can be imported yet', rule: 'unsupported' }]);
    }
    if (content.length > MAX_BYTES || Buffer.byteLength(content) > MAX_BYTES) {
      return err([{ field: 'input.content', message: `must have at most ${MAX_BYTES} bytes`, rule: 'maxBytes' }]);
    }
    const { defaultCountry } = await this.tenants.profile(scope);
    // Reading the request's body took its time already.
    await setImmediate();
    return parseContactsCsv(wellFormed(content), { defaultCountry, path: 'input.content' });
  }

  private async groupViolations(sql: Sql, scope: TenantScope, { groupId }: ImportRequest): Promise<Violation[]> {
    if (groupId === null || groupId === undefined) return [];
    const missing = await this.contacts.missingGroups(sql, scope, [groupId]);
    return idViolations('input.groupId', [groupId], missing, 'group').map((violation) => ({
      ...violation,
      field: 'input.groupId',
    }));
  }
}

function* chunksOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += CHUNK_SIZE) yield items.slice(from, from + CHUNK_SIZE);
}

/** Halves of surrogate pairs, which no database stores, become U+FFFD: their lines are then rejected with that reason. */
function wellFormed(text: string): string {
  // Node 20 has toWellFormed; TypeScript's library for ES2023 does not name it.
  return (text as unknown as { toWellFormed(): string }).toWellFormed();
}
