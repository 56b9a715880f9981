/** Something that goes wrong, `atMs` after the beginning. `server` is a place in the list of servers. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly server: number; readonly skewMs: number }
  | { readonly kind: 'stopShort' | 'stopLong'; readonly server: number; readonly forMs: number }
  | { readonly kind: 'terminateBackends'; readonly share: number }
  | { readonly kind: 'crashDatabase' }
  | { readonly kind: 'delay'; readonly server: number; readonly byMs: number; readonly forMs: number }
  | { readonly kind: 'cut'; readonly server: number; readonly share: number }
  | { readonly kind: 'swallow'; readonly server: number; readonly forMs: number }
  | {
      readonly kind: 'loseCommit' | 'loseWrite';
      readonly server: number;
      readonly count: number;
      readonly forMs: number;
    }
);

export type FaultKind = Fault['kind'];

/** A fault that met something, and how long it lasted: a kill until the next process served. */
export interface InflictedFault {
  readonly kind: FaultKind;
  /** null: all of them. */
  readonly server: string | null;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Faults that end or hold something. The others only delay, or keep an answer back. */
export const HARD_FAULTS: readonly FaultKind[] = [
  'kill',
  'stopShort',
  'stopLong',
  'terminateBackends',
  'crashDatabase',
  'cut',
  'swallow',
];

/** A line a fault, for people. */
export function describeFault({ kind, atMs, ...facts }: Fault): string {
  const words = Object.entries(facts).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? +value.toFixed(2) : String(value)}`,
  );
  return [`${(atMs / 1_000).toFixed(1).padStart(7)} s  ${kind}`, ...words].join('  ');
}
