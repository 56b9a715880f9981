const MINUTE_MS = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const known = new Map<string, number>();

/**
 * What the clocks of a zone show, as milliseconds since 1970 by those clocks. Asked of the platform and of nobody else,
 * so that the program's own arithmetic is judged by another. Clocks change at whole minutes.
 */
export function localMs(timeZone: string, atMs: number): number {
  const minute = Math.floor(atMs / MINUTE_MS);
  const key = `${timeZone}@${minute}`;
  let offset = known.get(key);
  if (offset === undefined) {
    if (known.size > 100_000) known.clear();
    offset = shownMs(timeZone, minute * MINUTE_MS) - minute * MINUTE_MS;
    known.set(key, offset);
  }
  return atMs + offset;
}

/** The date in a zone, YYYY-MM-DD. */
export function localDate(timeZone: string, atUs: number): string {
  return new Date(localMs(timeZone, Math.floor(atUs / 1_000))).toISOString().slice(0, 10);
}

function shownMs(timeZone: string, atMs: number): number {
  const fields = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-CA', { timeZone, hourCycle: 'h23', ...fields });
  formats.set(timeZone, format);
  const part = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return Date.parse(`${part['year']}-${part['month']}-${part['day']}T${part['hour']}:${part['minute']}:00Z`);
}
