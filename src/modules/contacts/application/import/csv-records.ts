import { setImmediate } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';
import { LineCursor, withLineFeeds } from './line-cursor.js';

/** A piece of a CSV text. Lines are those of the text, from 1. */
export type CsvItem =
  | { readonly kind: 'record'; readonly line: number; readonly lastLine: number; readonly cells: readonly string[] }
  /** A line with a quote where none may stand. */
  | { readonly kind: 'broken'; readonly line: number }
  /** The quote that is open in the record that starts at `line` never closes: what follows cannot be told apart. */
  | { readonly kind: 'unclosedQuote'; readonly line: number };

/** No record is longer, or a quote was left open: without a bound the rest of a large text would be taken for one field. */
const MAX_RECORD_LENGTH = 262_144;
/** Parsing so many characters takes about a millisecond; the event loop turns after each slice. */
const MAX_SLICE_LENGTH = 4_096;
/** The first slice after a broken line is short, because the next broken line may be near; the following ones double. */
const FIRST_SLICE_LENGTH = 256;
/** Records between two turns of the event loop, for slices with many short ones. */
const BATCH_SIZE = 50;

/**
 * Reads a CSV text into records, in batches, and lets the event loop turn before each. After an `unclosedQuote` nothing
 * more comes.
 *
 * csv-parse knows the syntax, but after a stray quote it takes everything up to some later quote, often the whole rest of
 * the text, for one broken record. Here such a quote breaks one line: reading starts anew on the next. Of a broken record
 * with several lines the first one is reported, and the others are read as if they stood alone. Every line between the
 * quote and the error has an even number of quotes, so none of them opens another: no line is read more than three times.
 */
export async function* readCsvRecords(
  content: string,
  delimiter: string,
  firstSliceLength = FIRST_SLICE_LENGTH,
): AsyncGenerator<readonly CsvItem[]> {
  const text = (await withLineFeeds(content, setImmediate)).trimEnd();
  const cursor = new LineCursor(text);
  for (;;) {
    const part = new CsvPart(delimiter, cursor.line);
    const slices = growingSlices(text, cursor.offset, firstSliceLength);
    try {
      for (const slice of slices) {
        yield* inBatches(await part.read(slice));
        if (part.ending !== null) break;
      }
      if (part.ending === null) yield* inBatches(await part.readEnd());
    } finally {
      part.close();
    }
    if (part.ending === null) return;
    cursor.goTo(part.lastLine + 1);
    cursor.skipBlankLines();
    yield [{ kind: part.ending, line: cursor.line }];
    if (part.ending === 'unclosedQuote') return;
    cursor.goTo(cursor.line + 1);
  }
}

/** The text from an offset on, in slices that double in length; a pair of surrogates is never cut apart. */
function* growingSlices(text: string, offset: number, firstLength: number): Generator<string> {
  let length = firstLength;
  let from = offset;
  while (from < text.length) {
    let to = from + length;
    if (/^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(to - 1, to + 1))) to += 1;
    yield text.slice(from, to);
    from = to;
    length = Math.min(MAX_SLICE_LENGTH, length * 2);
  }
}

async function* inBatches(items: readonly CsvItem[]): AsyncGenerator<readonly CsvItem[]> {
  for (let from = 0; from === 0 || from < items.length; from += BATCH_SIZE) {
    await setImmediate();
    yield items.slice(from, from + BATCH_SIZE);
  }
}

/** One pass of csv-parse over the text, from a line on, up to its end or to the first record that is broken. */
class CsvPart {
  /** What the record after `lastLine` is broken by; null as long as none is. */
  ending: 'broken' | 'unclosedQuote' | null = null;
  /** The last line of the last record that was read. */
  lastLine: number;
  private records: CsvItem[] = [];
  private lengthSinceRecord = 0;
  private readonly parser;

  constructor(delimiter: string, firstLine: number) {
    this.lastLine = firstLine - 1;
    this.parser = parse({
      delimiter,
      record_delimiter: ['\n'],
      ltrim: true,
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (cells: string[], { lines }) => {
        this.lastLine = firstLine - 1 + lines;
        const line = this.lastLine - cells.reduce((sum, cell) => sum + countLineFeeds(cell), 0);
        this.records.push({ kind: 'record', line, lastLine: this.lastLine, cells });
        return null;
      },
    });
    // The callback of the write that meets the error gets it too, and that is where it is dealt with.
    this.parser.on('error', () => undefined);
  }

  /** The records that end in the next slice of the text. */
  async read(slice: string): Promise<readonly CsvItem[]> {
    await this.parsed((done) => this.parser.write(slice, done));
    const isProgress = this.records.length > 0 || slice.trim() === '';
    this.lengthSinceRecord = isProgress ? 0 : this.lengthSinceRecord + slice.length;
    if (this.lengthSinceRecord > MAX_RECORD_LENGTH) this.ending ??= 'unclosedQuote';
    return this.takeRecords();
  }

  /** The last record, when no line break follows it. */
  async readEnd(): Promise<readonly CsvItem[]> {
    await this.parsed((done) => this.parser.end(done));
    return this.takeRecords();
  }

  close(): void {
    this.parser.destroy();
  }

  private parsed(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      start((error) => {
        if (error instanceof CsvError) {
          this.ending = error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'unclosedQuote' : 'broken';
          resolve();
        } else if (error instanceof Error) reject(error);
        else resolve();
      });
    });
  }

  private takeRecords(): readonly CsvItem[] {
    const taken = this.records;
    this.records = [];
    return taken;
  }
}

function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
