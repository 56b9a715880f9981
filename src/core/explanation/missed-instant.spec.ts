import { hours, lanePolicy, NOW, SECOND, someFacts, us } from '../../../test/support/core/explanation-facts.js';
import { UNUSED_LANE } from '../rate-limit/lane.js';
import { explainDelivery } from './explain-delivery.js';
import type { QueuedDelivery } from './explanation-facts.js';

const SPACED = { spacingUs: 60 * SECOND };

/** A delivery of a campaign whose instant is 09:59:30, and whose channel sent its last message so many seconds ago. */
function after(secondsAgo: number, queue: Partial<QueuedDelivery> = {}) {
  const slotAtUs = NOW - 30 * SECOND;
  return someFacts({
    delivery: { dueAtUs: slotAtUs },
    queue: { ...SPACED, slotAtUs, readyAtUs: slotAtUs, ...queue },
    channel: { lane: { ...UNUSED_LANE, lastTakenUs: NOW - secondsAgo * SECOND } },
  });
}

describe('the explanation of a delivery that may miss its campaign’s instant', () => {
  it('promises what can go up to a minute after the instant', () => {
    expect(explainDelivery(after(30)).earliestSendUs).toBe(NOW + 30 * SECOND);
  });

  it('says that what can go only later gets another instant', () => {
    const { summary, gates, earliestSendUs } = explainDelivery(after(29));
    expect(summary).toBe(
      'It cannot go within a minute of its time, 2026-11-23 09:59:30 (America/Cuiaba): its campaign will give it another one.',
    );
    expect(earliestSendUs).toBeNull();
    expect(gates.filter((gate) => gate.blocking).map(({ kind, untilUs }) => [kind, untilUs])).toEqual([
      ['REPLANNING', null],
      ['SPACING', NOW + 31 * SECOND],
    ]);
  });

  it('says so before the instant comes', () => {
    const slotAtUs = us('2026-11-23T17:00:00.250Z');
    const closed = hours({ sendingFromMinute: 8 * 60, sendingToMinute: 12 * 60 });
    const facts = someFacts({
      delivery: { dueAtUs: slotAtUs },
      queue: { ...SPACED, slotAtUs, readyAtUs: slotAtUs },
      channel: { hours: closed },
    });
    expect(explainDelivery(facts).summary).toBe(
      'It cannot go within a minute of its time, 2026-11-23 13:00:01 (America/Cuiaba): its campaign will give it another one.',
    );
  });

  it('says that what is late already is getting another instant, unless it goes now', () => {
    const late = { slotAtUs: NOW - 61 * SECOND, readyAtUs: NOW - 61 * SECOND };
    expect(explainDelivery(after(30, late)).summary).toBe(
      'It is more than a minute after its time, 2026-11-23 09:58:59 (America/Cuiaba): its campaign is giving it another one.',
    );
    expect(explainDelivery(after(60, late)).earliestSendUs).toBe(NOW);
  });

  it('leaves what waits for its next attempt, or was in doubt, to its own time', () => {
    const retry = after(0, { waitReason: 'retry', readyAtUs: NOW + 300 * SECOND });
    expect(explainDelivery(retry)).toMatchObject({ earliestSendUs: NOW + 300 * SECOND });
    const doubted = after(0, { readyAtUs: NOW + 300 * SECOND });
    const { earliestSendUs } = explainDelivery({ ...doubted, delivery: { ...doubted.delivery, state: 'uncertain' } });
    expect(earliestSendUs).toBe(NOW + 300 * SECOND);
  });

  it('names the end of the day’s hours when it comes before that minute is over', () => {
    const early = explainDelivery(after(0, { slotUntilUs: NOW + 10 * SECOND }));
    expect(early.summary).toMatch(/^The campaign's hours of its day end at 2026-11-23 10:00:10 /);
    const late = explainDelivery(after(0, { slotUntilUs: NOW + 50 * SECOND }));
    expect(late.summary).toMatch(/^It cannot go within a minute of its time/);
    expect(late.gates.filter((gate) => gate.kind === 'REPLANNING')).toHaveLength(1);
  });

  it('lets a person act first', () => {
    const paused = after(0, { waitReason: 'paused', readyAtUs: null });
    expect(explainDelivery({ ...paused, schedule: { ...paused.schedule, status: 'PAUSED' } }).summary).toMatch(
      /^Its schedule is paused/,
    );
    const late = after(0, { slotAtUs: NOW - 3_600 * SECOND });
    expect(explainDelivery({ ...late, channel: { ...late.channel, status: 'PAUSED' } }).summary).toMatch(
      /^The channel is paused/,
    );
  });

  it('says nothing of an instant that it keeps', () => {
    const { gates } = explainDelivery(
      someFacts({ queue: { ...SPACED, slotAtUs: NOW }, channel: { policy: lanePolicy({ perMinute: 5 }) } }),
    );
    expect(gates.map((gate) => gate.kind)).not.toContain('REPLANNING');
  });
});
