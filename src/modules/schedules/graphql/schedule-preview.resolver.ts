import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { CREATE_DEFAULTS } from '../../../core/scheduling/request-defaults.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import type { EpochMs } from '../../../core/values/time.js';
import { Clock } from '../../../platform/clock/clock.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Loaders, RequestLoaders, Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { inputViolations } from '../../../platform/graphql/input-violations.js';
import {
  decodeCursor,
  encodeCursor,
  LongPageArgs,
  toConnection,
  type CursorScope,
} from '../../../platform/graphql/pagination.js';
import { ContactsService, ContactType, toContactType } from '../../contacts/index.js';
import type { Preview } from '../application/preview-writer.js';
import { SchedulePreviewService } from '../application/schedule-preview.service.js';
import { requestHash } from '../application/schedule-request.js';
import { TextPreview } from '../application/text-preview.js';
import { CreateScheduleInput } from './create-schedule.input.js';
import { toNextRunType } from './next-run.types.js';
import { readableInput } from './readable-input.js';
import {
  ExcludedRecipientType,
  PlannedDeliveryConnectionType,
  PlannedDeliveryType,
  SchedulePreviewType,
} from './schedule-preview.types.js';

const EXCLUDED_SHOWN = 1_000;

@Resolver(() => SchedulePreviewType)
export class SchedulePreviewResolver {
  constructor(
    private readonly previews: SchedulePreviewService,
    private readonly texts: TextPreview,
    private readonly clock: Clock,
  ) {}

  @Query(() => SchedulePreviewType, {
    description: 'The exact plan before it is confirmed: creating with the same input does just this.',
  })
  async schedulePreview(
    @Scope() scope: TenantScope,
    @Args('input') input: CreateScheduleInput,
    @Args('scheduleId', {
      type: () => ID,
      nullable: true,
      description:
        'A campaign: shows what editing it so would do to the rest of it. Of the input only campaign counts.',
    })
    scheduleId?: string | null,
  ): Promise<SchedulePreviewType> {
    const shape = inputViolations('input', input, CreateScheduleInput);
    const request = readableInput(input);
    const shown = isGiven(scheduleId)
      ? await this.previews.previewEdit(scope, scheduleId, request, shape)
      : await this.previews.preview(scope, request, input, shape);
    const asked = requestHash({ input, scheduleId }, { input: CREATE_DEFAULTS }).toString('base64url');
    return toPreviewType(orRefuse(shown), asked);
  }

  @ResolveField(() => [String], {
    description:
      'What a person should know before confirming. Ask for them with one page only: texts are written for them.',
  })
  async warnings(@Parent() { preview }: SchedulePreviewType, @Scope() scope: TenantScope): Promise<string[]> {
    return [...(await this.previews.warnings(scope, preview))];
  }

  @ResolveField(() => PlannedDeliveryConnectionType, { description: 'By their instants.' })
  async deliveries(
    @Parent() { preview, asked }: SchedulePreviewType,
    @Args() page: LongPageArgs,
    @Scope() scope: TenantScope,
  ): Promise<PlannedDeliveryConnectionType> {
    const now = this.clock.nowMs();
    const cursors = cursorsOf(asked);
    const start = orRefuse(placeInCursor(cursors, page.after, now));
    const shown = preview.planned.slice(start, start + page.first);
    const texts = await this.texts.write(scope, preview.message, preview.useNicknames, shown);
    const nodes = shown.map(({ contactId, at }, index): PlannedDeliveryType => {
      const { variation, text, missing } = texts[index] as (typeof texts)[number];
      return { contactId, at, variation, text, missingPlaceholders: [...missing] };
    });
    const end = start + shown.length;
    return toConnection(
      {
        nodes,
        hasNextPage: end < preview.planned.length,
        endCursor: shown.length === 0 ? null : encodeCursor(cursors, [String(end)], now),
        count: () => Promise.resolve(preview.planned.length),
      },
      (node) => node,
    );
  }
}

/** The contact of a planned delivery, and of a recipient that is left out. */
abstract class ContactFieldResolver {
  constructor(private readonly contacts: ContactsService) {}

  protected async contactOf(contactId: string, scope: TenantScope, loaders: Loaders): Promise<ContactType> {
    const loader = loaders.get('contact', (ids) => this.contacts.findMany(scope, ids));
    const row = await loader.load(contactId);
    if (!row) throw new Error('a contact of an audience is missing');
    return toContactType(row);
  }
}

@Resolver(() => PlannedDeliveryType)
export class PlannedDeliveryResolver extends ContactFieldResolver {
  constructor(contacts: ContactsService) {
    super(contacts);
  }

  @ResolveField(() => ContactType)
  contact(
    @Parent() { contactId }: PlannedDeliveryType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ContactType> {
    return this.contactOf(contactId, scope, loaders);
  }
}

@Resolver(() => ExcludedRecipientType)
export class ExcludedRecipientResolver extends ContactFieldResolver {
  constructor(contacts: ContactsService) {
    super(contacts);
  }

  @ResolveField(() => ContactType)
  contact(
    @Parent() { contactId }: ExcludedRecipientType,
    @Scope() scope: TenantScope,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ContactType> {
    return this.contactOf(contactId, scope, loaders);
  }
}

function isGiven(id: string | null | undefined): id is string {
  return id !== null && id !== undefined;
}

/** A place in one plan means nothing in that of another input. */
function cursorsOf(asked: string): CursorScope {
  return { list: 'planned-deliveries', filter: asked };
}

/** How many of a plan come before the page. */
function placeInCursor(cursors: CursorScope, after: string | null | undefined, now: EpochMs): Result<number, Refusal> {
  const key = decodeCursor(cursors, after, 1, now);
  if (!key.ok) return key;
  const place = key.value?.[0] ?? '0';
  // Cursors are opaque but not signed.
  if (/^\d{1,9}$/.test(place)) return ok(Number(place));
  return err(invalid([{ field: 'after', message: 'is not a cursor of this list', rule: 'cursor.malformed' }]));
}

function toPreviewType(preview: Preview, asked: string): SchedulePreviewType {
  const { planned, excluded, nextRuns, nextRunDetails, firstSendAt, lastSendAt, seed } = preview;
  return {
    preview,
    asked,
    recipientCount: planned.length,
    excludedCount: excluded.length,
    excluded: excluded.slice(0, EXCLUDED_SHOWN).map(({ contactId, reason }) => ({ contactId, reason })),
    nextRuns: [...nextRuns],
    nextRunDetails: nextRunDetails.map(toNextRunType),
    firstSendAt,
    lastSendAt,
    seed,
  };
}
