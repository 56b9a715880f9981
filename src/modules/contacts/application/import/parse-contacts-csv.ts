import { err, ok, type Result } from '../../../../core/values/result.js';
import type { Violation } from '../../../../core/values/violation.js';
import { readContact } from './contact-row.js';
import { type Column, detectDelimiter, readHeader } from './csv-header.js';
import { type CsvItem, readCsvRecords } from './csv-records.js';
import type { ParsedContact, ParsedContacts, RejectedLine } from './parsed-contact.js';

/** What the parser has to know about the tenant and the input. */
export interface ContactsCsvOptions {
  /** The country of numbers without an international prefix, such as BR. */
  readonly defaultCountry: string;
  /** The path of the file's text in the input, for violations. */
  readonly path?: string;
}

/**
 * Reads a list of contacts from CSV: a header line, then one contact a record.
 *
 * A line that is wrong is rejected with its reason and disturbs no other. A file that is wrong as a whole, because of
 * its header or because a quote never closes, gives violations and nothing else. Of several lines with the same number
 * (Brazilian mobiles with and without the ninth digit are the same), or with no number and the same e-mail address, the
 * first one wins and the others are counted as duplicates; lines with neither are never duplicates.
 *
 * The event loop turns every few milliseconds, also for files of 100,000 lines.
 */
export async function parseContactsCsv(
  content: string,
  { defaultCountry, path = 'input.content' }: ContactsCsvOptions,
): Promise<Result<ParsedContacts, readonly Violation[]>> {
  const text = content.replace(/^\ufeff/, '');
  const list = new ContactList(defaultCountry);
  let columns: readonly Column[] | null = null;
  for await (const items of readCsvRecords(text, detectDelimiter(text))) {
    for (const item of items) {
      if (item.kind === 'unclosedQuote') return err([unclosedQuote(path, item.line)]);
      if (columns !== null) {
        list.add(item, columns);
        continue;
      }
      if (item.kind === 'broken') return err([brokenHeader(path, item.line)]);
      if (isBlank(item.cells)) continue;
      const header = readHeader(item.cells);
      if (!header.ok) return err(header.error.map((problem) => ({ field: path, ...problem })));
      columns = header.value;
    }
  }
  return columns === null ? err([emptyFile(path)]) : ok(list.result());
}

const STRAY_QUOTE = 'a quote stands inside a field; put the whole field in quotes and write "" for one quote';

class ContactList {
  private readonly contacts: ParsedContact[] = [];
  private readonly rejected: RejectedLine[] = [];
  private readonly keys = new Set<string>();
  private duplicates = 0;

  constructor(private readonly defaultCountry: string) {}

  add(item: Exclude<CsvItem, { kind: 'unclosedQuote' }>, columns: readonly Column[]): void {
    if (item.kind === 'broken') {
      this.rejected.push({ line: item.line, reason: STRAY_QUOTE });
      return;
    }
    const contact = readContact(item.cells, columns, item.line, this.defaultCountry);
    if (contact === null) return;
    if (!contact.ok) this.rejected.push({ line: item.line, reason: withLines(item, contact.error) });
    else if (this.isFirst(contact.value)) this.contacts.push(contact.value);
    else this.duplicates += 1;
  }

  result(): ParsedContacts {
    return { contacts: this.contacts, duplicates: this.duplicates, rejected: this.rejected };
  }

  private isFirst({ phoneKey, email }: ParsedContact): boolean {
    const key = phoneKey ?? email?.toLowerCase();
    if (key === undefined) return true;
    const isFirst = !this.keys.has(key);
    this.keys.add(key);
    return isFirst;
  }
}

/** A quote in the wrong place can make one record of several lines, and then the reason has to speak for all of them. */
function withLines({ line, lastLine }: { readonly line: number; readonly lastLine: number }, reason: string): string {
  return lastLine > line ? `lines ${line} to ${lastLine}, as one record: ${reason}` : reason;
}

function isBlank(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === '');
}

function unclosedQuote(field: string, line: number): Violation {
  const message = `the record that starts on line ${line} does not end: a quote in it never closes`;
  return { field, rule: 'csv.unclosedQuote', message };
}

function brokenHeader(field: string, line: number): Violation {
  return { field, rule: 'csv.brokenHeader', message: `a quote stands inside a column name on line ${line}` };
}

function emptyFile(field: string): Violation {
  return { field, rule: 'csv.empty', message: 'has no header line' };
}
