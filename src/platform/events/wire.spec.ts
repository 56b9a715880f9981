import fc from 'fast-check';
import { DeliveryStatus } from '../../core/delivery/delivery-state.js';
import { isKick, type BusEvent } from './event.js';
import { MAX_BODY_BYTES, RESYNC_BODY, decodePayload, encodeEvents, encodePayload } from './wire.js';

const id = fc.oneof(
  { weight: 8, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: fc.string({ maxLength: 40, unit: 'binary' }).filter(isStorable) },
);
const version = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const status = fc.constantFrom(...Object.values(DeliveryStatus));
const busEvent: fc.Arbitrary<BusEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        kind: fc.constant('deliveryChanged' as const),
        tenantId: id,
        deliveryId: id,
        scheduleId: id,
        channelId: id,
        runId: id,
        contactId: id,
        previousStatus: fc.option(status),
        status,
        version,
        atMs: fc.integer({ min: 0, max: 4e12 }),
      },
      { requiredKeys: ['kind', 'tenantId', 'deliveryId', 'scheduleId', 'previousStatus', 'status', 'version', 'atMs'] },
    ),
  },
  fc.record({ kind: fc.constant('scheduleChanged' as const), tenantId: id, scheduleId: id, version }),
  fc.record(
    { kind: fc.constant('workAvailable' as const), channelIds: fc.array(id, { maxLength: 100 }) },
    { requiredKeys: ['kind'] },
  ),
  fc.constant({ kind: 'schedulesChanged' as const }),
);

/** Lone surrogates have no UTF-8 form; ids never hold any. */
function isStorable(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function travel(events: readonly BusEvent[]): BusEvent[] {
  return encodeEvents(events).flatMap((body) => {
    const payload = decodePayload(encodePayload('replica', 1, body));
    return payload?.body.kind === 'events' ? payload.body.events : [];
  });
}

describe('the wire', () => {
  it('brings every event over as it was, in its order', () => {
    fc.assert(fc.property(fc.array(busEvent, { maxLength: 300 }), (events) => expect(travel(events)).toEqual(events)));
  });

  it('brings the loops theirs, also where nobody has subscribed to the rest', () => {
    fc.assert(
      fc.property(fc.array(busEvent, { maxLength: 300 }), (events) => {
        const heard = encodeEvents(events).map((body) => decodePayload(encodePayload('replica', 7, body), false));
        expect(heard.every((payload) => payload?.sender === 'replica' && payload.sequence === 7)).toBe(true);
        const read = heard.flatMap((payload) => (payload?.body.kind === 'events' ? payload.body.events : []));
        expect(read.filter(isKick)).toEqual(events.filter(isKick));
        if (!events.some(isKick)) expect(read).toEqual([]);
      }),
    );
  });

  it('keeps every payload below what NOTIFY takes', () => {
    fc.assert(
      fc.property(fc.array(busEvent, { maxLength: 300 }), (events) => {
        for (const body of encodeEvents(events)) {
          expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_BODY_BYTES);
          expect(Buffer.byteLength(encodePayload(crypto.randomUUID(), 2 ** 53 - 1, body))).toBeLessThan(8_000);
        }
      }),
    );
  });

  it('needs at most 100 bytes for a change of a delivery among others of its schedule', () => {
    const [tenantId, scheduleId, channelId, runId] = fc.sample(fc.uuid(), 4) as [string, string, string, string];
    const events = fc.sample(fc.tuple(fc.uuid(), fc.uuid()), 1_000).map(([deliveryId, contactId]): BusEvent => ({
      kind: 'deliveryChanged',
      tenantId,
      deliveryId,
      scheduleId,
      channelId,
      runId,
      contactId,
      previousStatus: 'SENDING',
      status: 'SENT',
      version: 12,
      atMs: 1_795_000_000_000,
    }));
    const bytes = encodeEvents(events).reduce((sum, body) => sum + Buffer.byteLength(body), 0);
    expect(bytes / events.length).toBeLessThan(100);
  });

  it('reads signals and their place in the sequence', () => {
    expect(decodePayload(encodePayload('replica', 7, RESYNC_BODY))).toEqual({
      sender: 'replica',
      sequence: 7,
      body: { kind: 'resync' },
    });
  });

  it.each([
    '',
    'hello',
    '2|replica|1|h',
    '1|replica|x|h',
    '1|replica|1|e{',
    '1|replica|1|e{"i":[],"e":[["d",0]]}',
    '1|replica|1|e{"i":[],"e":[["?"]]}',
  ])('does not take %p for one of its own', (text) => {
    expect(decodePayload(text)).toBeUndefined();
  });
});
