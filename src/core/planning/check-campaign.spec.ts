import { hours, zoneOf } from '../../../test/support/core/explanation-facts.js';
import { campaignHours, checkCampaign, type CampaignContext, type CampaignDraft } from './check-campaign.js';

const CUIABA = zoneOf('America/Cuiaba');
/** Still Monday, 4 May 2026, in Cuiabá. */
const NOW = Date.parse('2026-05-05T03:59:59Z');

const context: CampaignContext = {
  zone: CUIABA,
  channelHours: null,
  now: NOW,
  newSeed: 'fresh',
  present: null,
};
const fine: CampaignDraft = { startsOn: '2026-05-04' };

const broken = (draft: CampaignDraft, more: Partial<CampaignContext> = {}) =>
  checkCampaign({ ...fine, ...draft }, { ...context, ...more }).violations;
const settingsOf = (draft: CampaignDraft, more: Partial<CampaignContext> = {}) =>
  checkCampaign({ ...fine, ...draft }, { ...context, ...more }).settings;

describe('the settings of a campaign', () => {
  it('are any hour of any day, 1,000 a day a minute apart, unless it says otherwise', () => {
    const expected = {
      startsOn: '2026-05-04',
      weekdays: [1, 2, 3, 4, 5, 6, 7],
      fromMinute: 0,
      toMinute: 1_440,
      maxPerDay: 1_000,
      minSpacingSeconds: 60,
      seed: 'fresh',
    };
    expect(checkCampaign(fine, context)).toEqual({ violations: [], settings: expected });
    const nulls = { weekdays: null, window: null, maxPerDay: null, minSpacingSeconds: null, seed: null };
    expect(settingsOf(nulls)).toEqual(expected);
  });

  it('are what it says', () => {
    const draft = {
      weekdays: [5, 1],
      window: { from: '08:00', to: '20:00' },
      maxPerDay: 7,
      minSpacingSeconds: 0,
      seed: 'spring',
    };
    expect(settingsOf(draft)).toEqual({
      startsOn: '2026-05-04',
      weekdays: [1, 5],
      fromMinute: 480,
      toMinute: 1_200,
      maxPerDay: 7,
      minSpacingSeconds: 0,
      seed: 'spring',
    });
  });

  it('take the hours of the channel when the campaign has none of its own', () => {
    const channelHours = hours({ sendingFromMinute: 540, sendingToMinute: 600 });
    expect(settingsOf({}, { channelHours })).toMatchObject({ fromMinute: 540, toMinute: 600 });
    const window = { from: '09:30', to: '12:00' };
    expect(settingsOf({ window }, { channelHours })).toMatchObject({ fromMinute: 570, toMinute: 720 });
  });

  it('keep their seed when they are edited, unless another one is given', () => {
    const present = settingsOf({ seed: 'first' });
    expect(settingsOf({}, { present })?.seed).toBe('first');
    expect(settingsOf({ seed: 'second' }, { present })?.seed).toBe('second');
  });

  it('are hours of a zone', () => {
    expect(campaignHours(settingsOf({ weekdays: [1], window: { from: '08:00', to: '09:00' } })!, CUIABA)).toEqual({
      zone: CUIABA,
      window: { fromMinute: 480, toMinute: 540 },
      weekdays: [1],
    });
  });
});

describe('a campaign is refused', () => {
  it.each<[string, CampaignDraft, string, string, string]>([
    [
      'that begins before today in its zone',
      { startsOn: '2026-05-03' },
      'startsOn',
      'past',
      'must not be before today, 2026-05-04 in America/Cuiaba',
    ],
    [
      'that begins too far ahead',
      { startsOn: '2027-05-06' },
      'startsOn',
      'maxDaysAhead',
      'must be at most 366 days ahead',
    ],
    [
      'without a weekday',
      { weekdays: [] },
      'weekdays',
      'weekdays.required',
      'must name at least one weekday, 1 (Monday) to 7 (Sunday)',
    ],
    [
      'whose window goes backwards',
      { window: { from: '20:00', to: '08:00' } },
      'window.to',
      'window.order',
      'must be later than from: a window lies within one day',
    ],
    ['for nobody a day', { maxPerDay: 0 }, 'maxPerDay', 'range', 'must be a whole number from 1 to 100000'],
    ['for too many a day', { maxPerDay: 100_001 }, 'maxPerDay', 'range', 'must be a whole number from 1 to 100000'],
    ['for a part of one', { maxPerDay: 1.5 }, 'maxPerDay', 'range', 'must be a whole number from 1 to 100000'],
    [
      'with a negative distance',
      { minSpacingSeconds: -1 },
      'minSpacingSeconds',
      'range',
      'must be a whole number from 0 to 86400',
    ],
    [
      'of which no two messages fit into a day',
      { minSpacingSeconds: 3_601, window: { from: '08:00', to: '09:00' } },
      'minSpacingSeconds',
      'spacing.nothingFits',
      'is longer than the window of 3600 seconds, so that no two messages fit into a day',
    ],
    ['with an empty seed', { seed: '' }, 'seed', 'length', 'must have 1 to 200 characters'],
    ['with too long a seed', { seed: 's'.repeat(201) }, 'seed', 'length', 'must have 1 to 200 characters'],
    [
      'with a seed that cannot be stored',
      { seed: 'a\0' },
      'seed',
      'characters',
      'holds characters that cannot be stored',
    ],
  ])('%s', (_title, draft, field, rule, message) => {
    const checked = checkCampaign({ ...fine, ...draft }, context);
    expect(checked).toEqual({ violations: [{ field: `input.campaign.${field}`, rule, message }], settings: null });
  });

  it.each<CampaignDraft>([
    { startsOn: '2027-05-05' },
    { maxPerDay: 1 },
    { maxPerDay: 100_000 },
    { minSpacingSeconds: 86_400 },
    { seed: 's' },
    { seed: 's'.repeat(200) },
    { minSpacingSeconds: 3_600, window: { from: '08:00', to: '09:00' } },
    { minSpacingSeconds: 3_601, maxPerDay: 1, window: { from: '08:00', to: '09:00' } },
  ])('only beyond its bounds: %j is none', (draft) => {
    expect(broken(draft)).toEqual([]);
  });

  it('for everything at once', () => {
    const draft = { startsOn: '2020-01-01', weekdays: [8], maxPerDay: 0, minSpacingSeconds: 90_000, seed: '' };
    expect(broken(draft).map(({ field, rule }) => `${field.slice(15)}:${rule}`)).toEqual([
      'startsOn:past',
      'weekdays:weekdays.range',
      'maxPerDay:range',
      'minSpacingSeconds:range',
      'minSpacingSeconds:spacing.nothingFits',
      'seed:length',
    ]);
  });

  it('under the path of its input', () => {
    const { violations } = checkCampaign({ ...fine, maxPerDay: 0 }, context, 'input.settings');
    expect(violations[0]?.field).toBe('input.settings.maxPerDay');
  });

  it('when it never opens together with its channel', () => {
    const channelHours = hours({ sendingFromMinute: 480, sendingToMinute: 540 });
    const window = { from: '10:00', to: '11:00' };
    expect(checkCampaign({ ...fine, window }, { ...context, channelHours })).toEqual({
      violations: [
        {
          field: 'input.campaign.window',
          rule: 'window.neverOpens',
          message: "never opens within the channel's sending window and weekdays",
        },
      ],
      settings: null,
    });
  });

  it('never for a start in the past that it has already', () => {
    const present = settingsOf({})!;
    const later = Date.parse('2026-06-01T00:00:00Z');
    expect(broken({}, { present, now: later })).toEqual([]);
    expect(broken({ startsOn: '2026-05-05' }, { present, now: later }).map(({ rule }) => rule)).toEqual(['past']);
  });

  it('never for days when its zone was refused already', () => {
    expect(checkCampaign({ startsOn: '2020-01-01' }, { ...context, zone: null })).toMatchObject({
      violations: [],
      settings: { startsOn: '2020-01-01' },
    });
  });

  it('without a word when its start or its window could not be read, which is told already', () => {
    expect(checkCampaign({ startsOn: null }, context)).toEqual({ violations: [], settings: null });
    const unread = { from: '08:00', to: undefined } as unknown as NonNullable<CampaignDraft['window']>;
    expect(broken({ window: unread })).toEqual([]);
    const neither = { from: undefined, to: '08:00' } as unknown as NonNullable<CampaignDraft['window']>;
    expect(broken({ window: neither })).toEqual([]);
  });
});
