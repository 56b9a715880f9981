import { parseTimeZone } from '../recurrence/time-zone.js';
import { checkCampaignRoom, type RoomContext } from './campaign-room.js';
import type { CampaignSettings } from './campaign-settings.js';

const zone = parseTimeZone('America/Cuiaba');
if (!zone.ok) throw new Error('unreachable');

const settings: CampaignSettings = {
  startsOn: '2026-11-23',
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  fromMinute: 480,
  toMinute: 1200,
  maxPerDay: 1_000,
  minSpacingSeconds: 60,
  seed: 'seed',
};
const context: RoomContext = {
  zone: zone.value,
  channelHours: null,
  spacingMs: 60_000,
  perDay: null,
  now: Date.parse('2026-11-22T12:00:00Z'),
  recipients: 1,
};
const rules = (given: Partial<CampaignSettings>, more: Partial<RoomContext>) =>
  checkCampaignRoom({ ...settings, ...given }, { ...context, ...more }).map(({ rule }) => rule);

describe('checkCampaignRoom', () => {
  // 367 days, the first and the last included, of 721 instants each.
  it('takes as many recipients as fit into a year, and not one more', () => {
    expect(rules({}, { recipients: 367 * 721 })).toEqual([]);
    expect(rules({}, { recipients: 367 * 721 + 1 })).toEqual(['campaign.tooLong']);
  });

  it('says how many fit, under the path of its input', () => {
    expect(checkCampaignRoom({ ...settings, maxPerDay: 2 }, { ...context, recipients: 735 })).toEqual([
      {
        field: 'input.campaign',
        rule: 'campaign.tooLong',
        message: 'leaves room for 734 of 735 recipients within 366 days',
      },
    ]);
    expect(checkCampaignRoom({ ...settings, maxPerDay: 2 }, { ...context, recipients: 735 }, 'input')[0]?.field).toBe(
      'input',
    );
  });

  it('counts from today when the campaign began before', () => {
    // From Sunday, the 22nd, on a year and a day hold 53 Mondays; from Wednesday, the 18th, they would hold 52.
    const mondays = { startsOn: '2026-11-18', weekdays: [1], maxPerDay: 1 };
    expect(rules(mondays, { recipients: 53 })).toEqual([]);
    expect(rules(mondays, { recipients: 54 })).toEqual(['campaign.tooLong']);
  });

  it('counts by what a day may have at most', () => {
    expect(rules({ maxPerDay: 2 }, { recipients: 734 })).toEqual([]);
    expect(rules({ maxPerDay: 2 }, { recipients: 735 })).toEqual(['campaign.tooLong']);
    expect(rules({}, { perDay: 1, recipients: 367 })).toEqual([]);
    expect(rules({}, { perDay: 1, recipients: 368 })).toEqual(['campaign.tooLong']);
  });

  it('counts only allowed weekdays and the hours in which the channel sends', () => {
    const mondays = { weekdays: [1], maxPerDay: 1 };
    expect(rules(mondays, { recipients: 53 })).toEqual([]);
    expect(rules(mondays, { recipients: 54 })).toEqual(['campaign.tooLong']);
    const channelHours = { zone: zone.value, window: { fromMinute: 1190, toMinute: 1300 }, weekdays: [1] };
    expect(rules({}, { channelHours, recipients: 53 * 11 })).toEqual([]);
    expect(rules({}, { channelHours, recipients: 53 * 11 + 1 })).toEqual(['campaign.tooLong']);
  });
});
