import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyDeliveryEvent } from '../../src/core/delivery/apply-delivery-event.js';
import { type DeliveryEvent, PersonEvent, ProcessEvent } from '../../src/core/delivery/delivery-events.js';
import { DELIVERY_TRANSITIONS, DeliveryState, FIRST_STATES } from '../../src/core/delivery/delivery-state.js';
import { StatusEventKind } from '../../src/core/gateway/send-outcome.js';

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly events: string;
}

const page = readFileSync(join(__dirname, '../../docs/delivery-states.md'), 'utf8');
const diagram = /```mermaid\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
const arrows: Arrow[] = [...diagram.matchAll(/^ {2}(\S+) --> (\w+)(?:: (.+))?$/gm)].map(([, from, to, events]) => ({
  from: from!,
  to: to!,
  events: (events ?? '').split(', ').sort().join(', '),
}));

const events: { readonly name: string; readonly event: DeliveryEvent }[] = [
  ...[...Object.values(ProcessEvent), ...Object.values(PersonEvent)].map((kind) => ({ name: kind, event: { kind } })),
  ...Object.values(StatusEventKind).map((status) => ({
    name: `receipt ${status}`,
    event: { kind: 'receipt' as const, status },
  })),
];

function eventsOf(from: DeliveryState, to: DeliveryState): string {
  return events
    .filter(({ event }) => {
      const result = applyDeliveryEvent(from, event);
      return result.kind === 'moved' && result.to === to;
    })
    .map(({ name }) => name)
    .sort()
    .join(', ');
}

const inOrder = (list: readonly Arrow[]) => list.map(({ from, to, events: by }) => `${from} --> ${to}: ${by}`).sort();

describe('docs/delivery-states.md', () => {
  it('draws every transition of the table with the events that make it, and no other', () => {
    const fromTable = Object.values(DeliveryState).flatMap((from) =>
      DELIVERY_TRANSITIONS[from].map((to) => ({
        from: from.toUpperCase(),
        to: to.toUpperCase(),
        events: eventsOf(from, to),
      })),
    );
    const births = FIRST_STATES.map((state) => ({ from: '[*]', to: state.toUpperCase(), events: '' }));
    expect(inOrder(arrows)).toEqual(inOrder([...births, ...fromTable]));
  });
});
